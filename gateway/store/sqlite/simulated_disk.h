#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace tsunagi::store {

/// A disk in memory that SQLite reaches as a VFS of its own: for tests and the simulated world. It
/// keeps what was synced and what was only written apart, so that a power cut can drop, reorder and
/// tear the difference. One seed, one behaviour. Thread rule: any thread, but restart() only while
/// no file is open.
class SimulatedDisk {
public:
    /// `name` must be free among the process's VFS names; goes into SqliteOptions::vfs.
    SimulatedDisk(std::string name, std::uint64_t seed);
    ~SimulatedDisk();
    SimulatedDisk(const SimulatedDisk&) = delete;
    SimulatedDisk& operator=(const SimulatedDisk&) = delete;

    const std::string& name() const;

    /// Writes, truncations, syncs and deletions asked for so far.
    std::uint64_t operations() const;
    /// Lets `operations` more happen, then cuts the power: every later call fails until restart().
    void cut_power_after(std::uint64_t operations);
    bool dead() const;
    /// What a machine finds when power is back: synced bytes are there; each later write is there,
    /// gone, or there in some of its 512-byte sectors. False when a file is still open.
    bool restart();

    /// From now on syncs fail (EIO) and keep nothing.
    void fail_syncs(bool fail);
    /// From now on syncs claim success and keep nothing: a planted fault, which must be noticed.
    void lie_about_syncs(bool lie);
    /// Writes that grow the files past `bytes` in all find the disk full.
    void set_capacity(std::optional<std::uint64_t> bytes);

    using Image = std::map<std::string, Bytes>;
    /// Every file as it reads now: a backup, or something to search or damage.
    Image image() const;
    /// Replaces all files, synced. No file may be open.
    bool load(const Image& image);

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace tsunagi::store
