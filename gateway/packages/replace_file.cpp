#include "packages/replace_file.h"

#include <unistd.h>

#include <fstream>
#include <string>

namespace tsunagi::packages {

namespace fs = std::filesystem;

Status replace_file(const fs::path& target, BytesView bytes) {
    fs::path draft = target;
    draft += ".new" + std::to_string(::getpid());
    std::error_code fault;
    {
        std::ofstream out(draft, std::ios::binary | std::ios::trunc);
        out.write(reinterpret_cast<const char*>(bytes.data()),
                  static_cast<std::streamsize>(bytes.size()));
        out.close();
        if (!out) {
            fs::remove(draft, fault);
            return Error{Code::Unavailable, "the pack could not be written", draft.string()};
        }
    }
    fs::rename(draft, target, fault);
    if (fault) {
        std::error_code ignored;
        fs::remove(draft, ignored);
        return Error{Code::Unavailable, fault.message(), target.string()};
    }
    return {};
}

}  // namespace tsunagi::packages
