// Bytes as a package archive: whatever they are, reading ends within the limits, hands out files by
// ascending plain names, and does the same twice; what is read compiles, or is refused with a
// reason, and a compiled pack opens. The same bytes as a package.json give a manifest with a name,
// or a reason.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "fhir/definitions.h"
#include "fuzz/property.h"
#include "json/reader.h"
#include "packages/layer_compiler.h"
#include "packages/mapped_file.h"
#include "packages/package_manifest.h"
#include "packages/package_reader.h"

namespace {

using namespace tsunagi;
using namespace tsunagi::packages;
using fuzz::require;

namespace fs = std::filesystem;

const PackageLimits kLimits{
    .max_file_bytes = 1U << 20, .max_total_bytes = 4U << 20, .max_files = 100};

/// The file of this process, removed at the end.
class PackageFile {
public:
    PackageFile()
        : path_(fs::temp_directory_path() /
                ("tsunagi_fuzz_package_" + std::to_string(::getpid()) + ".tgz")) {}
    PackageFile(const PackageFile&) = delete;
    PackageFile& operator=(const PackageFile&) = delete;
    ~PackageFile() {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }
    const fs::path& write(std::string_view text) const {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
        return path_;
    }

private:
    fs::path path_;
};

/// Names and sizes of what was handed out, and how it ended.
struct Read {
    std::string log;
    std::vector<json::Document> resources;
};

Read read(const fs::path& path) {
    Read result;
    std::string last;
    std::size_t total = 0, files = 0;
    const Status status = for_each_file(
        path,
        [&](std::string_view name, std::string_view text) -> Status {
            require(!name.empty() && name.front() != '/', "a name is a path inside the package");
            const std::string bounded = "/" + std::string{name} + "/";
            require(bounded.find("/../") == std::string::npos, "no name leads out of the package");
            require(files == 0 || last < name, "names ascend");
            require(text.size() <= kLimits.max_file_bytes, "a file is within the limit");
            last = name;
            total += text.size();
            require(++files <= kLimits.max_files && total <= kLimits.max_total_bytes,
                    "a package is within the limits");
            result.log.append(name).append(" ").append(std::to_string(text.size())).append("\n");
            if (auto document = json::read(text)) result.resources.push_back(std::move(*document));
            return {};
        },
        kLimits);
    result.log += status ? "done" : to_string(status.error());
    return result;
}

const fhir::Definitions& r4() {
    static const auto kPack = MappedFile::open(TSUNAGI_BINARY_DIR "/share/r4.pack").value();
    static const auto kR4 = fhir::Definitions::open(kPack.bytes()).value();
    return kR4;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::as_text(data, size);
    static const PackageFile kFile;
    const fs::path& path = kFile.write(text);
    Read first = read(path);
    require(first.log == read(path).log, "two readings end alike");

    if (auto one = json::read(text)) first.resources.push_back(std::move(*one));
    const auto pack = compile_layer(first.resources, {}, r4());
    if (pack) {
        require(*pack == *compile_layer(first.resources, {}, r4()), "two packs are alike");
        auto opened = fhir::Definitions::open(*pack);
        if (!opened) require(!opened.error().message.empty(), "a refusal has a reason");
    }
    if (const auto manifest = read_manifest(text))
        require(!manifest->name.empty(), "a manifest has a name");
    else
        require(!manifest.error().message.empty(), "a refusal has a reason");
    return 0;
}
