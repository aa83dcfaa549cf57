#include "common/storage/postgres.hpp"

#include <libpq-fe.h>

#include <condition_variable>
#include <mutex>
#include <unordered_map>

namespace jindu::storage {
namespace {

// Serialisation failures and deadlocks are retried this often; then the caller is told to try again later.
constexpr int kAttempts = 25;

// Object identifiers of PostgreSQL's built-in types (pg_type.dat); stable for decades.
constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kNumeric = 1700;

class PostgresConnection {
 public:
  explicit PostgresConnection(const std::string& uri) : connection_(PQconnectdb(uri.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) {
      Error error{Fault::unavailable, "storage.unavailable", PQerrorMessage(connection_)};
      PQfinish(connection_);
      throw ErrorException(std::move(error));
    }
  }
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection() { PQfinish(connection_); }

  bool alive() const { return PQstatus(connection_) == CONNECTION_OK; }
  void command(const char* sql) { check(PQexec(connection_, sql), sql); }

  std::vector<Row> query(std::string_view sql, const Parameters& parameters) {
    return rows_of(execute_prepared(sql, parameters));
  }

  std::int64_t execute(std::string_view sql, const Parameters& parameters) {
    const Result result = execute_prepared(sql, parameters);
    const char* changed = PQcmdTuples(result.get());
    return *changed ? std::stoll(changed) : 0;
  }

 private:
  struct Clear {
    void operator()(PGresult* r) const { PQclear(r); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;

  Result check(PGresult* raw, std::string_view sql) {
    Result result(raw);
    const ExecStatusType status = PQresultStatus(raw);
    if (raw && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)) return result;
    const char* state_field = raw ? PQresultErrorField(raw, PG_DIAG_SQLSTATE) : nullptr;
    const std::string state = state_field ? state_field : "";
    const std::string detail = std::string(sql.substr(0, 120)) + ": " + PQerrorMessage(connection_);
    if (!alive() || state.starts_with("08") || state.starts_with("57P"))
      throw ErrorException({Fault::unavailable, "storage.unavailable", detail});
    if (state == "40001" || state == "40P01") throw ErrorException({Fault::conflict, "storage.retry", detail});
    if (state == "23505") throw ErrorException({Fault::conflict, "storage.unique", detail});
    if (state == "XX001" || state == "XX002") throw ErrorException({Fault::internal, std::string(kDamaged), detail});
    if (state.starts_with("23")) throw ErrorException({Fault::conflict, "storage.constraint", detail});
    if (state.starts_with("53")) throw ErrorException({Fault::unavailable, "storage.full", detail});
    throw ErrorException({Fault::internal, "storage.postgresql", detail});
  }

  Result execute_prepared(std::string_view sql, const Parameters& parameters) {
    auto found = names_.find(std::string(sql));
    if (found == names_.end()) {
      const std::string name = "s" + std::to_string(names_.size());
      const std::string text(sql);
      check(PQprepare(connection_, name.c_str(), text.c_str(), 0, nullptr), sql);
      found = names_.emplace(text, name).first;
    }
    std::vector<std::string> texts(parameters.size());
    std::vector<const char*> values(parameters.size());
    std::vector<int> lengths(parameters.size()), formats(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (const auto* integer = std::get_if<std::int64_t>(&parameters[i])) {
        texts[i] = std::to_string(*integer);
        values[i] = texts[i].c_str();
      } else if (const auto* text = std::get_if<std::string_view>(&parameters[i])) {
        // PostgreSQL's TEXT cannot hold NUL, and libpq would cut the value there.
        if (text->find('\0') != std::string_view::npos)
          throw ErrorException({Fault::invalid, "storage.nul", "a text contains a NUL character"});
        texts[i] = *text;
        values[i] = texts[i].c_str();
      } else if (const auto* blob = std::get_if<BytesView>(&parameters[i])) {
        values[i] = blob->empty() ? "" : reinterpret_cast<const char*>(blob->data());
        lengths[i] = static_cast<int>(blob->size());
        formats[i] = 1;
      }
    }
    return check(PQexecPrepared(connection_, found->second.c_str(), static_cast<int>(parameters.size()), values.data(),
                                lengths.data(), formats.data(), 0),
                 sql);
  }

  static std::vector<Row> rows_of(const Result& result) {
    std::vector<Row> rows;
    const int count = PQntuples(result.get());
    const int columns = PQnfields(result.get());
    rows.reserve(static_cast<std::size_t>(count));
    for (int r = 0; r < count; ++r) {
      std::vector<Value> values;
      values.reserve(static_cast<std::size_t>(columns));
      for (int c = 0; c < columns; ++c) values.push_back(value_of(result.get(), r, c));
      rows.emplace_back(std::move(values));
    }
    return rows;
  }

  static Value value_of(PGresult* result, int row, int column) {
    if (PQgetisnull(result, row, column)) return std::monostate{};
    const char* text = PQgetvalue(result, row, column);
    switch (PQftype(result, column)) {
      case kInt2:
      case kInt4:
      case kInt8:
      case kNumeric:
        return std::int64_t{std::stoll(text)};
      case kBool:
        return std::int64_t{*text == 't'};
      case kBytea: {
        std::size_t length = 0;
        unsigned char* data = PQunescapeBytea(reinterpret_cast<const unsigned char*>(text), &length);
        if (!data) throw ErrorException({Fault::internal, "storage.postgresql", "out of memory"});
        Bytes bytes(data, data + length);
        PQfreemem(data);
        return bytes;
      }
      default:
        return std::string(text, static_cast<std::size_t>(PQgetlength(result, row, column)));
    }
  }

  PGconn* connection_;
  std::unordered_map<std::string, std::string> names_;
};

class PostgresTransaction final : public Transaction {
 public:
  explicit PostgresTransaction(PostgresConnection& connection) : connection_(connection) {}
  std::vector<Row> query(std::string_view sql, const Parameters& parameters) override {
    return connection_.query(sql, parameters);
  }
  std::int64_t execute(std::string_view sql, const Parameters& parameters) override {
    return connection_.execute(sql, parameters);
  }

 private:
  PostgresConnection& connection_;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(std::string uri, int connections) : uri_(std::move(uri)), connections_max_(connections) {
    idle_.push_back(std::make_unique<PostgresConnection>(uri_));
    open_ = 1;
  }

  std::string_view dialect() const override { return "postgresql"; }

 protected:
  result<void> run(bool read_only, const std::function<void(Transaction&)>& work) override {
    for (int attempt = 1;; ++attempt) {
      Lease lease(*this);
      bool began = false;
      try {
        lease.connect();
        // SQLite's writers run one after the other; SERIALIZABLE gives the same promise here.
        lease->command(read_only ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                 : "BEGIN ISOLATION LEVEL SERIALIZABLE");
        began = true;
        PostgresTransaction transaction(*lease.operator->());
        work(transaction);
        lease->command("COMMIT");
        return {};
      } catch (const ErrorException& e) {
        lease.abandon(began);
        const bool stale =
            !began && attempt == 1 && e.error.fault == Fault::unavailable;  // an idle connection had died
        if (stale) continue;
        if (e.error.code != "storage.retry") return e.error;
        if (attempt == kAttempts) return Error{Fault::unavailable, "storage.busy", e.error.detail};
      } catch (...) {
        lease.abandon(began);
        throw;
      }
    }
  }

 private:
  // One connection for the length of a transaction; given back, or dropped when it has died.
  class Lease {
   public:
    explicit Lease(PostgresDatabase& database) : database_(database) {
      std::unique_lock lock(database_.mutex_);
      database_.free_.wait(lock,
                           [&] { return !database_.idle_.empty() || database_.open_ < database_.connections_max_; });
      if (!database_.idle_.empty()) {
        connection_ = std::move(database_.idle_.back());
        database_.idle_.pop_back();
      } else {
        ++database_.open_;
      }
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      const std::lock_guard lock(database_.mutex_);
      if (connection_ && connection_->alive()) {
        database_.idle_.push_back(std::move(connection_));
      } else {
        --database_.open_;
      }
      database_.free_.notify_one();
    }
    void connect() {
      if (!connection_ || !connection_->alive()) connection_ = std::make_unique<PostgresConnection>(database_.uri_);
    }
    void abandon(bool began) {
      if (!began || !connection_ || !connection_->alive()) {
        connection_.reset();
        return;
      }
      try {
        connection_->command("ROLLBACK");
      } catch (const ErrorException&) {
        connection_.reset();
      }
    }
    PostgresConnection* operator->() { return connection_.get(); }

   private:
    PostgresDatabase& database_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  const std::string uri_;
  const int connections_max_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  int open_ = 0;
};

}  // namespace

result<std::unique_ptr<Database>> open_postgres(const std::string& uri, int connections) {
  try {
    return std::unique_ptr<Database>(std::make_unique<PostgresDatabase>(uri, connections));
  } catch (const ErrorException& e) {
    return e.error;
  }
}

}  // namespace jindu::storage
