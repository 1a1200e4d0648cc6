#include "store/sqlite/simulated_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"

namespace tsunagi::store {
namespace {

constexpr std::size_t kSector = 512;
constexpr int kMaxPath = 512;

/// A change that no sync has covered yet.
struct Change {
    bool truncate = false;
    std::size_t offset = 0;  ///< of a write; the new size of a truncation
    Bytes bytes;
};

void write_into(Bytes& image, const Change& change) {
    if (change.truncate) {
        image.resize(std::min(image.size(), change.offset));
        return;
    }
    image.resize(std::max(image.size(), change.offset + change.bytes.size()));
    std::copy(change.bytes.begin(), change.bytes.end(),
              image.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

/// One file with its locks and its shared memory (sqlite.org/vfs.html, sqlite.org/wal.html).
struct Node {
    Bytes now;
    Bytes synced;
    std::vector<Change> pending;
    bool durable_name = false;
    int handles = 0;

    int shared = 0;
    bool reserved = false;
    bool exclusive = false;

    std::vector<std::unique_ptr<std::array<std::uint8_t, 32768>>> regions;
    std::array<int, SQLITE_SHM_NLOCK> shm_shared{};
    std::array<bool, SQLITE_SHM_NLOCK> shm_exclusive{};
};

}  // namespace

struct SimulatedDisk::State {
    State(std::string vfs_name, std::uint64_t seed) : name(std::move(vfs_name)), random(seed) {}

    /// Counts an operation; false once the power is gone.
    bool step() {
        if (dead) return false;
        ++operations;
        if (!countdown) return true;
        if (*countdown == 0) {
            dead = true;
            return false;
        }
        --*countdown;
        return true;
    }
    std::uint64_t used() const {
        std::uint64_t sum = 0;
        for (const auto& [path, node] : files) sum += node->now.size();
        return sum;
    }
    /// The folder's own fsync: every name made or deleted so far stays so.
    void sync_folder() {
        for (const auto& [path, node] : files) node->durable_name = true;
        unlinked.clear();
    }
    bool closed() const {
        return std::all_of(files.begin(), files.end(),
                           [](const auto& file) { return file.second->handles == 0; });
    }
    void lose(Node& node);
    /// SQLite draws its own chance (WAL salts) from one generator per process: it repeats, too.
    void seed_sqlite() {
        sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(random.below(1 << 30) + 1),
                             nullptr);
    }

    std::string name;
    SeededRandom random;
    sqlite3_vfs vfs{};
    mutable std::mutex mutex;
    std::map<std::string, std::shared_ptr<Node>> files;
    std::map<std::string, std::shared_ptr<Node>> unlinked;  // deletions not yet durable
    std::uint64_t operations = 0;
    std::optional<std::uint64_t> countdown;
    std::optional<std::uint64_t> capacity;
    bool dead = false;
    bool failing_syncs = false;
    bool lying_syncs = false;
};

// A cut keeps nothing, everything, a prefix, or any mixture of what was not synced.
void SimulatedDisk::State::lose(Node& node) {
    constexpr std::uint64_t kNothing = 0;
    constexpr std::uint64_t kEverything = 1;
    constexpr std::uint64_t kPrefix = 2;
    const std::uint64_t mode = random.below(6);
    const std::uint64_t prefix = random.below(node.pending.size() + 1);
    for (std::size_t i = 0; i < node.pending.size(); ++i) {
        const Change& change = node.pending[i];
        if (mode == kNothing) break;
        if (mode == kEverything || (mode == kPrefix && i < prefix)) {
            write_into(node.synced, change);
            continue;
        }
        if (mode == kPrefix && i > prefix) break;
        // Mixture, or the one write a prefix ends in: torn by sectors.
        const std::uint64_t fate = mode == kPrefix ? 2 : random.below(3);
        if (fate == 0) continue;
        if (fate == 1 || change.truncate) {
            write_into(node.synced, change);
            continue;
        }
        for (std::size_t at = 0; at < change.bytes.size(); at += kSector) {
            if (random.below(2) == 0) continue;
            const auto begin = change.bytes.begin() + static_cast<std::ptrdiff_t>(at);
            const auto size = std::min(kSector, change.bytes.size() - at);
            write_into(node.synced, {false, change.offset + at,
                                     Bytes(begin, begin + static_cast<std::ptrdiff_t>(size))});
        }
    }
    node.pending.clear();
    node.now = node.synced;
    node.regions.clear();
}

namespace {

using State = SimulatedDisk::State;

/// What SQLite holds for an open file.
struct Handle {
    sqlite3_file base;
    State* disk;
    std::shared_ptr<Node>* node;
    int lock;
    unsigned shm_shared;
    unsigned shm_exclusive;
    bool temporary;
    bool syncs_folder;  ///< with its next sync

    Node& file() const { return **node; }
};

Handle& handle_of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

int unlock_to(Handle& handle, int level) {
    Node& node = handle.file();
    if (handle.lock >= SQLITE_LOCK_PENDING) node.exclusive = false;
    if (handle.lock >= SQLITE_LOCK_RESERVED) node.reserved = false;
    if (handle.lock >= SQLITE_LOCK_SHARED && level < SQLITE_LOCK_SHARED) --node.shared;
    handle.lock = level;
    return SQLITE_OK;
}

void release_shm(Handle& handle) {
    Node& node = handle.file();
    for (unsigned i = 0; i < SQLITE_SHM_NLOCK; ++i) {
        if ((handle.shm_shared & (1U << i)) != 0) --node.shm_shared[i];
        if ((handle.shm_exclusive & (1U << i)) != 0) node.shm_exclusive[i] = false;
    }
    handle.shm_shared = 0;
    handle.shm_exclusive = 0;
}

int x_close(sqlite3_file* file) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    unlock_to(handle, SQLITE_LOCK_NONE);
    release_shm(handle);
    --handle.file().handles;
    delete handle.node;
    return SQLITE_OK;
}

int x_read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    if (handle.disk->dead) return SQLITE_IOERR_READ;
    const Bytes& bytes = handle.file().now;
    const auto wanted = static_cast<std::size_t>(size);
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t got = at < bytes.size() ? std::min(wanted, bytes.size() - at) : 0;
    if (got > 0) std::memcpy(into, bytes.data() + at, got);
    if (got == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(into) + got, 0, wanted - got);
    return SQLITE_IOERR_SHORT_READ;
}

int change(Handle& handle, Change made) {
    Node& node = handle.file();
    if (handle.temporary) {
        write_into(node.now, made);
        return SQLITE_OK;
    }
    if (handle.disk->capacity && !made.truncate) {
        const std::size_t end = made.offset + made.bytes.size();
        const std::uint64_t growth = end > node.now.size() ? end - node.now.size() : 0;
        if (growth > 0 && handle.disk->used() + growth > *handle.disk->capacity) return SQLITE_FULL;
    }
    write_into(node.now, made);
    node.pending.push_back(std::move(made));
    return SQLITE_OK;
}

int x_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    if (handle.disk->dead) return SQLITE_IOERR_WRITE;
    try {
        const bool powered = handle.disk->step();
        const auto* bytes = static_cast<const std::uint8_t*>(from);
        const int code =
            change(handle, {false, static_cast<std::size_t>(offset), Bytes(bytes, bytes + size)});
        return powered ? code : SQLITE_IOERR_WRITE;  // the last write may have reached the disk
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    }
}

int x_truncate(sqlite3_file* file, sqlite3_int64 size) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    if (!handle.disk->step()) return SQLITE_IOERR_TRUNCATE;
    try {
        return change(handle, {true, static_cast<std::size_t>(size), {}});
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    }
}

int x_sync(sqlite3_file* file, int) noexcept {
    Handle& handle = handle_of(file);
    State& disk = *handle.disk;
    const std::lock_guard lock{disk.mutex};
    if (!disk.step() || disk.failing_syncs) return SQLITE_IOERR_FSYNC;
    if (disk.lying_syncs) return SQLITE_OK;
    Node& node = handle.file();
    try {
        for (const Change& made : node.pending) write_into(node.synced, made);
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    }
    node.pending.clear();
    if (handle.syncs_folder) disk.sync_folder();
    handle.syncs_folder = false;
    return SQLITE_OK;
}

int x_file_size(sqlite3_file* file, sqlite3_int64* size) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    *size = static_cast<sqlite3_int64>(handle.file().now.size());
    return SQLITE_OK;
}

int x_lock(sqlite3_file* file, int level) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    Node& node = handle.file();
    if (handle.lock >= level) return SQLITE_OK;
    if (handle.lock < SQLITE_LOCK_SHARED) {
        if (node.exclusive) return SQLITE_BUSY;
        ++node.shared;
        handle.lock = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
    if (handle.lock < SQLITE_LOCK_RESERVED) {
        if (node.reserved) return SQLITE_BUSY;
        node.reserved = true;
        handle.lock = SQLITE_LOCK_RESERVED;
    }
    if (level == SQLITE_LOCK_RESERVED) return SQLITE_OK;
    node.exclusive = true;  // pending: no new reader
    handle.lock = SQLITE_LOCK_PENDING;
    if (level == SQLITE_LOCK_PENDING) return SQLITE_OK;
    if (node.shared > 1) return SQLITE_BUSY;
    handle.lock = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

int x_unlock(sqlite3_file* file, int level) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    return handle.lock > level ? unlock_to(handle, level) : SQLITE_OK;
}

int x_check_reserved_lock(sqlite3_file* file, int* held) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    *held = handle.file().reserved ? 1 : 0;
    return SQLITE_OK;
}

int x_file_control(sqlite3_file*, int, void*) noexcept { return SQLITE_NOTFOUND; }
int x_sector_size(sqlite3_file*) noexcept { return 4096; }
int x_characteristics(sqlite3_file*) noexcept { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int x_shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    auto& regions = handle.file().regions;
    const auto index = static_cast<std::size_t>(region);
    *out = nullptr;
    try {
        if (static_cast<std::size_t>(size) > sizeof(*regions[0])) return SQLITE_IOERR_SHMSIZE;
        if (index >= regions.size() && extend == 0) return SQLITE_OK;
        while (index >= regions.size()) {
            regions.push_back(std::make_unique<std::array<std::uint8_t, 32768>>());
        }
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    }
    *out = regions[index]->data();
    return SQLITE_OK;
}

int x_shm_lock(sqlite3_file* file, int first, int count, int flags) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    Node& node = handle.file();
    const auto begin = static_cast<unsigned>(first);
    const auto end = begin + static_cast<unsigned>(count);
    const bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        for (unsigned i = begin; i < end; ++i) {
            const unsigned bit = 1U << i;
            if (shared && (handle.shm_shared & bit) != 0) {
                --node.shm_shared[i];
                handle.shm_shared &= ~bit;
            } else if (!shared && (handle.shm_exclusive & bit) != 0) {
                node.shm_exclusive[i] = false;
                handle.shm_exclusive &= ~bit;
            }
        }
        return SQLITE_OK;
    }
    for (unsigned i = begin; i < end; ++i) {
        const unsigned bit = 1U << i;
        const bool others_share = node.shm_shared[i] > ((handle.shm_shared & bit) != 0 ? 1 : 0);
        const bool others_exclude = node.shm_exclusive[i] && (handle.shm_exclusive & bit) == 0;
        if (others_exclude || (!shared && others_share)) return SQLITE_BUSY;
    }
    for (unsigned i = begin; i < end; ++i) {
        const unsigned bit = 1U << i;
        if (shared && (handle.shm_shared & bit) == 0) {
            ++node.shm_shared[i];
            handle.shm_shared |= bit;
        } else if (!shared) {
            node.shm_exclusive[i] = true;
            handle.shm_exclusive |= bit;
        }
    }
    return SQLITE_OK;
}

void x_shm_barrier(sqlite3_file* file) noexcept {
    const std::lock_guard lock{handle_of(file).disk->mutex};
}

int x_shm_unmap(sqlite3_file* file, int) noexcept {
    Handle& handle = handle_of(file);
    const std::lock_guard lock{handle.disk->mutex};
    release_shm(handle);
    return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {2,
                                         x_close,
                                         x_read,
                                         x_write,
                                         x_truncate,
                                         x_sync,
                                         x_file_size,
                                         x_lock,
                                         x_unlock,
                                         x_check_reserved_lock,
                                         x_file_control,
                                         x_sector_size,
                                         x_characteristics,
                                         x_shm_map,
                                         x_shm_lock,
                                         x_shm_barrier,
                                         x_shm_unmap,
                                         nullptr,
                                         nullptr};

State& disk_of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }

int x_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) noexcept {
    State& disk = disk_of(vfs);
    file->pMethods = nullptr;
    const std::lock_guard lock{disk.mutex};
    if (disk.dead) return SQLITE_CANTOPEN;
    try {
        std::shared_ptr<Node> node;
        if (path == nullptr) {
            node = std::make_shared<Node>();
        } else if (const auto found = disk.files.find(path); found != disk.files.end()) {
            node = found->second;
        } else {
            if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
            node = disk.files.emplace(path, std::make_shared<Node>()).first->second;
        }
        ++node->handles;
        // As SQLite's own VFS: a journal or WAL that may be new syncs the folder with its first
        // sync.
        const bool syncs_folder =
            (flags & SQLITE_OPEN_CREATE) != 0 &&
            (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)) != 0;
        new (file) Handle{{&kMethods},      &disk,       new std::shared_ptr<Node>(std::move(node)),
                          SQLITE_LOCK_NONE, 0,           0,
                          path == nullptr,  syncs_folder};
    } catch (const std::bad_alloc&) {
        return SQLITE_NOMEM;
    }
    if (out != nullptr) *out = flags;
    return SQLITE_OK;
}

int x_delete(sqlite3_vfs* vfs, const char* path, int sync_folder) noexcept {
    State& disk = disk_of(vfs);
    const std::lock_guard lock{disk.mutex};
    if (!disk.step()) return SQLITE_IOERR_DELETE;
    const auto found = disk.files.find(path);
    if (found == disk.files.end()) return SQLITE_IOERR_DELETE_NOENT;
    try {
        if (found->second->durable_name) disk.unlinked[path] = found->second;
    } catch (const std::bad_alloc&) {
        return SQLITE_IOERR_NOMEM;
    }
    disk.files.erase(found);
    if (sync_folder != 0) disk.sync_folder();
    return SQLITE_OK;
}

int x_access(sqlite3_vfs* vfs, const char* path, int flags, int* out) noexcept {
    State& disk = disk_of(vfs);
    const std::lock_guard lock{disk.mutex};
    const auto found = disk.files.find(path);
    // As SQLite's own VFS: an empty file does not exist, so that an empty WAL is no WAL.
    *out =
        found != disk.files.end() && (flags != SQLITE_ACCESS_EXISTS || !found->second->now.empty())
            ? 1
            : 0;
    return SQLITE_OK;
}

int x_full_pathname(sqlite3_vfs*, const char* path, int size, char* out) noexcept {
    const std::size_t length = std::strlen(path);
    if (length + 1 > static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(out, path, length + 1);
    return SQLITE_OK;
}

int x_randomness(sqlite3_vfs* vfs, int size, char* out) noexcept {
    State& disk = disk_of(vfs);
    const std::lock_guard lock{disk.mutex};
    disk.random.fill({reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)});
    return size;
}

int x_sleep(sqlite3_vfs*, int microseconds) noexcept {
    std::this_thread::yield();
    return microseconds;
}

int x_current_time(sqlite3_vfs*, sqlite3_int64* milliseconds) noexcept {
    *milliseconds = 0;  // no statement of ours asks SQLite for the time
    return SQLITE_OK;
}

int x_last_error(sqlite3_vfs*, int, char*) noexcept { return 0; }

}  // namespace

SimulatedDisk::SimulatedDisk(std::string name, std::uint64_t seed)
    : state_(std::make_unique<State>(std::move(name), seed)) {
    sqlite3_vfs& vfs = state_->vfs;
    vfs.iVersion = 2;
    vfs.szOsFile = sizeof(Handle);
    vfs.mxPathname = kMaxPath;
    vfs.zName = state_->name.c_str();
    vfs.pAppData = state_.get();
    vfs.xOpen = x_open;
    vfs.xDelete = x_delete;
    vfs.xAccess = x_access;
    vfs.xFullPathname = x_full_pathname;
    vfs.xRandomness = x_randomness;
    vfs.xSleep = x_sleep;
    vfs.xGetLastError = x_last_error;
    vfs.xCurrentTimeInt64 = x_current_time;
    sqlite3_vfs_register(&vfs, 0);
    state_->seed_sqlite();
}

SimulatedDisk::~SimulatedDisk() {
    sqlite3_vfs_unregister(&state_->vfs);
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 0, nullptr);
}

const std::string& SimulatedDisk::name() const { return state_->name; }

std::uint64_t SimulatedDisk::operations() const {
    const std::lock_guard lock{state_->mutex};
    return state_->operations;
}

void SimulatedDisk::cut_power_after(std::uint64_t operations) {
    const std::lock_guard lock{state_->mutex};
    state_->countdown = operations;
}

bool SimulatedDisk::dead() const {
    const std::lock_guard lock{state_->mutex};
    return state_->dead;
}

bool SimulatedDisk::restart() {
    const std::lock_guard lock{state_->mutex};
    State& state = *state_;
    if (!state.closed()) return false;
    for (const auto& [path, node] : state.unlinked) {
        if (state.random.below(2) == 0) state.files.emplace(path, node);
    }
    state.unlinked.clear();
    for (auto file = state.files.begin(); file != state.files.end();) {
        Node& node = *file->second;
        if (!node.durable_name && state.random.below(2) == 0) {
            file = state.files.erase(file);
            continue;
        }
        state.lose(node);
        node.durable_name = true;
        ++file;
    }
    state.dead = false;
    state.countdown.reset();
    state.seed_sqlite();
    return true;
}

void SimulatedDisk::fail_syncs(bool fail) {
    const std::lock_guard lock{state_->mutex};
    state_->failing_syncs = fail;
}

void SimulatedDisk::lie_about_syncs(bool lie) {
    const std::lock_guard lock{state_->mutex};
    state_->lying_syncs = lie;
}

void SimulatedDisk::set_capacity(std::optional<std::uint64_t> bytes) {
    const std::lock_guard lock{state_->mutex};
    state_->capacity = bytes;
}

SimulatedDisk::Image SimulatedDisk::image() const {
    const std::lock_guard lock{state_->mutex};
    Image image;
    for (const auto& [path, node] : state_->files) image.emplace(path, node->now);
    return image;
}

bool SimulatedDisk::load(const Image& image) {
    const std::lock_guard lock{state_->mutex};
    if (!state_->closed()) return false;
    state_->files.clear();
    state_->unlinked.clear();
    for (const auto& [path, bytes] : image) {
        auto node = std::make_shared<Node>();
        node->now = bytes;
        node->synced = bytes;
        node->durable_name = true;
        state_->files.emplace(path, std::move(node));
    }
    return true;
}

}  // namespace tsunagi::store
