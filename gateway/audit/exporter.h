#pragma once
#include <ostream>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"

namespace tsunagi::audit {

/// Writes an export of the log (FORMAT.md): every entry from 0 with its leaf hash, the signed
/// checkpoints in between, the last one over all entries. Re-derives leaves, tree and signatures
/// while it writes, so that a damaged log is found when it is exported. Thread rule: one thread.
class Exporter {
public:
    Exporter(std::ostream& out, NoteKey key);

    /// The next entry. Invalid when it is not canonical or not at its index.
    Status entry(std::string_view bytes);
    /// A checkpoint of the entries so far. Denied when the key did not sign it or its root differs.
    Status checkpoint(std::string_view note);
    /// Ends the export. Conflict unless a checkpoint covers everything; Unavailable when `out`
    /// failed.
    Status finish();

private:
    std::ostream& out_;
    NoteKey key_;
    Frontier frontier_;
    bool covered_ = false;
};

}  // namespace tsunagi::audit
