#pragma once
#include <functional>
#include <optional>
#include <string_view>

#include "exchange/case_file.h"
#include "exchange/packet.h"

/// A part of a packet that comes after it: the packet is checked and translated again as a whole.
namespace tsunagi::exchange {

struct Remade {
    json::Document packet;
    PreparedPacket fresh;
    std::int64_t version = 0;  ///< of the case that was read
    /// Why no offer could be made of it, of a case that is still to be accepted.
    std::optional<Refusal> no_offer;
};

/// A clinic sees its own cases; another clinic's look absent.
Result<CaseFile> own_case(store::Reader& reader, const Parts& parts,
                          const access::Principal& clinic, const store::CaseId& id);

/// The case's packet with `part` in place of its member `name`. Identity never changes ids
/// (contracts.md section 5): what is there keeps its place, new resources come behind.
Act<Remade> remake(const Parts& parts, const access::Principal& clinic, const store::CaseId& id,
                   std::string_view name, json::Value part, Recheck recheck);

/// The same with any change of the packet; a refusal says why it cannot be made.
using PacketChange = std::function<std::optional<Refusal>(json::Document& packet)>;
Act<Remade> remake(const Parts& parts, const access::Principal& clinic, const store::CaseId& id,
                   const PacketChange& change, Recheck recheck);

/// The stored case as if its packet had just been prepared, with what its text seems to tell of
/// others; without receipt and provenance.
Result<PreparedPacket> stored_packet(store::Reader& reader, const Parts& parts,
                                     const CaseFile& file);

/// Writes packet, Bundle and receipt as new versions. Conflict when the case moved on since it was
/// read.
Status keep_documents(store::Transaction& transaction, const CaseFile& file, const Remade& remade);
/// The same, asks again what was found in the text (findings.h) and saves the case.
Status keep(store::Transaction& transaction, const Parts& parts, CaseFile& file,
            const Remade& remade);

/// The refusal of a failed write: Conflict means that somebody was faster.
Refusal refuse_write(const Error& error);

}  // namespace tsunagi::exchange
