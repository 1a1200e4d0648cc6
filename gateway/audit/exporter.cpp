#include "audit/exporter.h"

#include "audit/entry.h"
#include "base/bytes.h"

namespace tsunagi::audit {

Exporter::Exporter(std::ostream& out, NoteKey key) : out_(out), key_(std::move(key)) {
    out_ << "tsunagi-log-export 1\n"
         << "key " << key_.to_vkey() << '\n';
}

Status Exporter::entry(std::string_view bytes) {
    const std::string where = "entry " + std::to_string(frontier_.size());
    auto read = read_entry(bytes);
    if (!read) return Error{Code::Invalid, read.error().message, where};
    if (read->idx != frontier_.size()) return Error{Code::Invalid, "not at its index", where};
    const Digest leaf = leaf_hash(as_bytes(bytes));
    frontier_.append(leaf);
    covered_ = false;
    out_ << "entry " << to_hex(leaf) << ' ' << bytes << '\n';
    return {};
}

Status Exporter::checkpoint(std::string_view note) {
    auto read = open_checkpoint(note, std::span{&key_, 1});
    if (!read) return read.error();
    if (read->size != frontier_.size() || read->root != frontier_.root()) {
        return Error{Code::Denied, "the checkpoint is not of these entries",
                     "checkpoint of size " + std::to_string(read->size)};
    }
    covered_ = true;
    out_ << "checkpoint " << to_base64(as_bytes(note)) << '\n';
    return {};
}

Status Exporter::finish() {
    if (!covered_) return Error{Code::Conflict, "no checkpoint covers all entries", "export"};
    out_ << "end " << frontier_.size() << '\n' << std::flush;
    if (!out_) return Error{Code::Unavailable, "the export could not be written", "export"};
    return {};
}

}  // namespace tsunagi::audit
