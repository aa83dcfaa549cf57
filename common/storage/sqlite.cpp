#include "common/storage/sqlite.hpp"

#include <sqlite3.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "common/runtime/files.hpp"
#include "common/storage/gathering_vfs.hpp"

namespace jindu::storage {
namespace {

// Writers that wait for the same commit; more only makes each of them wait longer.
constexpr std::size_t kGroupMax = 64;
constexpr int kBusyTimeoutMs = 10'000;
// SQLite takes all of it for each savepoint that changes anything: for a sanitizer more work than everything else.
#ifdef __SANITIZE_ADDRESS__
constexpr int kSavepointBytesInMemory = 256 * 1024;
#else
constexpr int kSavepointBytesInMemory = 4 * 1024 * 1024;
#endif
// Pages of the log from which on they are taken over into the file beside the writing, and from which on writers wait
// for it. A page that changes often is then written into the file once for many commits: with 48 MiB of log that is
// less work than with 16.
constexpr int kCheckpointPages = 6'000, kCheckpointPagesLate = 12'000;

Error sqlite_error(sqlite3* db, std::string_view during) {
  const int code = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
  const std::string detail = std::string(during) + ": " + (db ? sqlite3_errmsg(db) : "out of memory");
  if (code == SQLITE_IOERR_CORRUPTFS) return {Fault::internal, std::string(kDamaged), detail};
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
        return {Fault::conflict, "storage.unique", detail};
      return {Fault::conflict, "storage.constraint", detail};
    case SQLITE_FULL:
      return {Fault::unavailable, "storage.full", detail};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Fault::unavailable, "storage.busy", detail};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return {Fault::unavailable, "storage.unavailable", detail};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Fault::internal, std::string(kDamaged), detail};
    default:
      return {Fault::internal, "storage.sqlite", detail};
  }
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

// A statement that was compiled, and where in it the parameters stand: $1 at places.front(); 0: not in it.
struct Statement {
  std::unique_ptr<sqlite3_stmt, Finalize> handle;
  std::vector<int> places = {};
};

// Lets statements be found by text that is not a string yet.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

class SqliteConnection {
 public:
  SqliteConnection(const std::string& path, bool read_only) {
    const int flags =
        (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, flags, gathering_vfs());
    db_.reset(opened);  // also what could not be opened has to be closed
    if (code != SQLITE_OK) throw ErrorException(sqlite_error(opened, "open " + path));
    sqlite3_extended_result_codes(opened, 1);
    sqlite3_busy_timeout(opened, kBusyTimeoutMs);
    execute("PRAGMA foreign_keys=ON", {});
    // Debian's library writes zeros over all that is deleted, which writes each large value twice more, into the log
    // and from there into the file. Zeros come only where they cost no further page; files are as secret as what is in
    // them.
    execute("PRAGMA secure_delete=FAST", {});
    if (!read_only) {
      // Of a new file alone: most of what is stored are values of a few KiB, and these then stand in one or two pages.
      execute("PRAGMA page_size=8192", {});
      query("PRAGMA journal_mode=WAL", {});
      execute("PRAGMA synchronous=FULL", {});
    }
    // What a reader keeps is good until the next commit of a writer, and there are many readers.
    execute(read_only ? "PRAGMA cache_size=-2000" : "PRAGMA cache_size=-16000", {});
  }

  std::vector<Row> query(std::string_view sql, const Parameters& parameters) {
    auto& prepared = prepare(sql);
    bind(prepared, parameters, sql);
    auto* const statement = prepared.handle.get();
    std::vector<Row> rows;
    int code = SQLITE_ROW;
    const int columns = sqlite3_column_count(statement);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      std::vector<Value> values;
      values.reserve(static_cast<std::size_t>(columns));
      for (int i = 0; i < columns; ++i) values.push_back(column(statement, i));
      rows.emplace_back(std::move(values));
    }
    finish(statement, code, sql);
    return rows;
  }

  std::int64_t execute(std::string_view sql, const Parameters& parameters) {
    query(sql, parameters);
    return sqlite3_changes64(db_.get());
  }

  // After each commit, with the pages in the log.
  void on_log(int (*hook)(void*, sqlite3*, const char*, int), void* user) { sqlite3_wal_hook(db_.get(), hook, user); }
  // Writes the first page anew, and takes the log over into the file. A failed sync leaves pages in the system's memory
  // that it calls written and never writes again; SQLite would go on with them, and after a power cut find an empty
  // file and throw away the log beside it, with all that had been committed.
  void write_out() {
    try {
      query("PRAGMA user_version=0", {});
      const int code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
      // Busy: another process has it open, and has done this itself.
      if (code != SQLITE_OK && code != SQLITE_BUSY) throw ErrorException(sqlite_error(db_.get(), "checkpoint"));
    } catch (const ErrorException& e) {
      // On a full disk what is there can be read, and whoever writes is told.
      if (e.error.code != "storage.full") throw;
    }
  }
  // Takes over what nobody reads or writes just now; what fails is tried again with the next.
  void checkpoint() { sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr); }

 private:
  Statement& prepare(std::string_view sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) return found->second;
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    if (sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                           &tail) != SQLITE_OK) {
      throw ErrorException(sqlite_error(db_.get(), sql));
    }
    return statements_.emplace(std::string(sql), Statement{decltype(Statement::handle)(statement)}).first->second;
  }

  void bind(Statement& prepared, const Parameters& parameters, std::string_view sql) {
    auto* const statement = prepared.handle.get();
    for (auto next = prepared.places.size(); next < parameters.size(); ++next)
      prepared.places.push_back(sqlite3_bind_parameter_index(statement, ("$" + std::to_string(next + 1)).c_str()));
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const int index = prepared.places[i];
      if (index == 0) continue;  // a statement need not use every parameter
      int code = SQLITE_OK;
      if (const auto* integer = std::get_if<std::int64_t>(&parameters[i])) {
        code = sqlite3_bind_int64(statement, index, *integer);
      } else if (const auto* text = std::get_if<std::string_view>(&parameters[i])) {
        // A view of nothing is a text, not NULL.
        code = sqlite3_bind_text64(statement, index, text->empty() ? "" : text->data(), text->size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
      } else if (const auto* blob = std::get_if<BytesView>(&parameters[i])) {
        code = blob->empty() ? sqlite3_bind_zeroblob(statement, index, 0)
                             : sqlite3_bind_blob64(statement, index, blob->data(), blob->size(), SQLITE_STATIC);
      } else {
        code = sqlite3_bind_null(statement, index);
      }
      if (code != SQLITE_OK) throw ErrorException(sqlite_error(db_.get(), sql));
    }
  }

  static Value column(sqlite3_stmt* statement, int i) {
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_INTEGER:
        return std::int64_t{sqlite3_column_int64(statement, i)};
      case SQLITE_FLOAT:
        return static_cast<std::int64_t>(sqlite3_column_double(statement, i));
      case SQLITE_TEXT:
        return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, i)),
                           static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
      case SQLITE_BLOB: {
        const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, i));
        return data ? Bytes(data, data + sqlite3_column_bytes(statement, i)) : Bytes{};
      }
      default:
        return std::monostate{};
    }
  }

  void finish(sqlite3_stmt* statement, int code, std::string_view sql) {
    std::optional<Error> error;
    if (code != SQLITE_DONE) error = sqlite_error(db_.get(), sql);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (error) throw ErrorException(std::move(*error));
  }

  std::unique_ptr<sqlite3, Close> db_;
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
};

// Takes the log over into the file while others write: within a commit it would hold that one up, and all behind it,
// for as long as a disk takes to write some MiB.
class Checkpointer {
 public:
  Checkpointer(const std::string& path, SqliteConnection& writer) : connection_(path, false) {
    writer.on_log(&Checkpointer::written, this);
    thread_ = std::thread([this] { run(); });
  }
  ~Checkpointer() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      due_ = true;
    }
    changed_.notify_all();
  }
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

 private:
  static int written(void* user, sqlite3* db, const char*, int pages) {
    auto& self = *static_cast<Checkpointer*>(user);
    // Writers that leave it no time would let the log grow for ever.
    if (pages >= kCheckpointPagesLate)
      sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    else if (pages >= kCheckpointPages)
      self.wake();
    return SQLITE_OK;
  }
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return due_ || stopped_; });
      if (stopped_) return;
      due_ = false;
      lock.unlock();
      connection_.checkpoint();
      lock.lock();
    }
  }

  SqliteConnection connection_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool due_ = false, stopped_ = false;
  std::thread thread_;
};

class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}
  std::vector<Row> query(std::string_view sql, const Parameters& parameters) override {
    return connection_.query(sql, parameters);
  }
  std::int64_t execute(std::string_view sql, const Parameters& parameters) override {
    return connection_.execute(sql, parameters);
  }

 private:
  SqliteConnection& connection_;
};

void read_with(SqliteConnection& connection, const std::function<void(Transaction&)>& work) {
  connection.execute("BEGIN", {});
  struct End {
    SqliteConnection& connection;
    ~End() {
      try {
        connection.execute("ROLLBACK", {});
      } catch (const ErrorException&) {
        // Nothing was changed; a failed read leaves nothing to undo.
      }
    }
  } end{connection};
  SqliteTransaction transaction(connection);
  work(transaction);
}

// Turning to WAL uses a rollback journal and deletes it without syncing the folder. If a power cut brought it back, the
// next start would undo everything that was committed since.
void sync_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  if (auto ok = files::sync_folder(folder.empty() ? "." : folder); !ok) throw ErrorException(ok.error());
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::string path, int readers) : path_(std::move(path)), readers_max_(readers), writer_(path_, false) {
    sync_folder_of(path_);
    writer_.write_out();
    checkpointer_ = std::make_unique<Checkpointer>(path_, writer_);
  }

  std::string_view dialect() const override { return "sqlite"; }

 protected:
  result<void> run(bool read_only, const std::function<void(Transaction&)>& work) override {
    return read_only ? run_read(work) : run_write(work);
  }

 private:
  // One caller of `write`, waiting for the commit that includes its work.
  struct Waiter {
    const std::function<void(Transaction&)>* work;
    result<void> outcome;
    std::exception_ptr foreign;  // what `work` threw that is no Error: goes back to its caller
    bool done = false;
  };

  result<void> run_write(const std::function<void(Transaction&)>& work) {
    Waiter self{&work, {}, nullptr};
    std::unique_lock lock(mutex_);
    queue_.push_back(&self);
    changed_.wait(lock, [&] { return self.done || !leading_; });
    if (!self.done) {
      // Nobody leads: this caller commits for all that wait now, itself among the first kGroupMax or after them.
      leading_ = true;
      while (!self.done) {
        std::vector<Waiter*> group;
        while (!queue_.empty() && group.size() < kGroupMax) {
          group.push_back(queue_.front());
          queue_.pop_front();
        }
        lock.unlock();
        commit(group);
        lock.lock();
        for (Waiter* waiter : group) waiter->done = true;
        changed_.notify_all();
      }
      leading_ = false;
      changed_.notify_all();
    }
    lock.unlock();
    if (self.foreign) std::rethrow_exception(self.foreign);
    return self.outcome;
  }

  void commit(const std::vector<Waiter*>& group) {
    try {
      writer_.execute("BEGIN IMMEDIATE", {});
    } catch (const ErrorException& e) {
      for (Waiter* waiter : group) waiter->outcome = e.error;
      return;
    }
    try {
      if (group.size() == 1)
        run_alone(*group.front());
      else
        for (Waiter* waiter : group) run_in_savepoint(*waiter);
      writer_.execute("COMMIT", {});
    } catch (const ErrorException& e) {
      for (Waiter* waiter : group) waiter->outcome = e.error;
      roll_back();
      // What is in the log may make room in it.
      if (e.error.code == "storage.full") checkpointer_->wake();
    } catch (...) {
      for (Waiter* waiter : group)
        if (!waiter->foreign) waiter->foreign = std::current_exception();
      roll_back();
    }
  }

  void roll_back() {
    try {
      writer_.execute("ROLLBACK", {});
    } catch (const ErrorException&) {
      // SQLite has rolled back by itself, as it does after a full disk or an input/output error.
    }
  }

  // Without a savepoint, for which SQLite copies each page before it changes: what fails takes nobody else along.
  void run_alone(Waiter& waiter) {
    SqliteTransaction transaction(writer_);
    (*waiter.work)(transaction);
  }

  void run_in_savepoint(Waiter& waiter) {
    writer_.execute("SAVEPOINT caller", {});
    bool failed = true;
    try {
      SqliteTransaction transaction(writer_);
      (*waiter.work)(transaction);
      failed = false;
    } catch (const ErrorException& e) {
      waiter.outcome = e.error;
      // A full disk or failing medium concerns the whole group.
      if (e.error.code == "storage.full" || e.error.code == "storage.unavailable") throw;
    } catch (...) {
      waiter.foreign = std::current_exception();
    }
    if (failed) writer_.execute("ROLLBACK TO caller", {});
    writer_.execute("RELEASE caller", {});
  }

  result<void> run_read(const std::function<void(Transaction&)>& work) {
    std::unique_ptr<SqliteConnection> connection;
    {
      std::unique_lock lock(readers_mutex_);
      reader_free_.wait(lock, [&] { return !readers_.empty() || readers_open_ < readers_max_; });
      if (!readers_.empty()) {
        connection = std::move(readers_.back());
        readers_.pop_back();
      } else {
        ++readers_open_;
      }
    }
    struct Return {
      SqliteDatabase& database;
      std::unique_ptr<SqliteConnection>& connection;
      ~Return() {
        const std::lock_guard lock(database.readers_mutex_);
        if (connection) {
          database.readers_.push_back(std::move(connection));
        } else {
          --database.readers_open_;
        }
        database.reader_free_.notify_one();
      }
    } give_back{*this, connection};
    try {
      if (!connection) connection = std::make_unique<SqliteConnection>(path_, true);
      read_with(*connection, work);
      return {};
    } catch (const ErrorException& e) {
      return e.error;
    }
  }

  const std::string path_;
  const int readers_max_;
  SqliteConnection writer_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiter*> queue_;
  bool leading_ = false;
  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_;
  int readers_open_ = 0;
};

class SqliteReader final : public Database {
 public:
  explicit SqliteReader(const std::string& path) : connection_(path, true) {}
  std::string_view dialect() const override { return "sqlite"; }

 protected:
  result<void> run(bool, const std::function<void(Transaction&)>& work) override {
    const std::lock_guard lock(mutex_);
    try {
      read_with(connection_, work);
      return {};
    } catch (const ErrorException& e) {
      return e.error;
    }
  }

 private:
  SqliteConnection connection_;
  std::mutex mutex_;
};

}  // namespace

void configure_sqlite() {
  static const int said = sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, kSavepointBytesInMemory) |
                          sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(said);
}

result<std::unique_ptr<Database>> open_sqlite(const std::string& path, int connections) {
  configure_sqlite();
  try {
    return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(path, connections));
  } catch (const ErrorException& e) {
    return e.error;
  }
}

result<std::unique_ptr<Database>> open_sqlite_to_read(const std::string& path) {
  configure_sqlite();
  try {
    return std::unique_ptr<Database>(std::make_unique<SqliteReader>(path));
  } catch (const ErrorException& e) {
    return e.error;
  }
}

}  // namespace jindu::storage
