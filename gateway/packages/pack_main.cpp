#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <vector>

#include "packages/pack_compiler.h"

/// tsunagi_pack OUT.pack PACKAGE...: compiles FHIR packages into one definitions pack.
int main(int argc, char** argv) try {
    if (argc < 3) {
        std::cerr << "usage: tsunagi_pack OUT.pack PACKAGE...\n";
        return 2;
    }
    const std::vector<std::filesystem::path> packages(argv + 2, argv + argc);
    const auto summary = tsunagi::packages::compile_pack(packages, argv[1]);
    if (!summary) {
        std::cerr << "tsunagi_pack: " << tsunagi::to_string(summary.error()) << '\n';
        return 1;
    }
    std::cout << argv[1] << ": " << summary->resources << " resources of " << summary->packages
              << " packages, " << summary->bytes << " bytes\n";
    return 0;
} catch (const std::exception& fault) {
    std::fprintf(stderr, "tsunagi_pack: %s\n", fault.what());
    return 1;
}
