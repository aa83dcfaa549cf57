#pragma once
// One small interface over embedded SQLite and PostgreSQL. SQL keeps to the subset both understand; parameters are $1,
// $2, … Write transactions are retried by `write` when the database asks for it (serialisation failure, busy), so the
// function may run more than once and must have no effect outside the database.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/runtime/bytes.hpp"
#include "common/runtime/result.hpp"

namespace jindu::storage {

// NULL, BIGINT, TEXT or BLOB/BYTEA. There are no floats and no dates: instants are Unix milliseconds, dates ISO text.
using Value = std::variant<std::monostate, std::int64_t, std::string, Bytes>;

class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  bool is_null(std::size_t column) const { return std::holds_alternative<std::monostate>(values_.at(column)); }
  std::int64_t integer(std::size_t column) const { return std::get<std::int64_t>(values_.at(column)); }
  const std::string& text(std::size_t column) const { return std::get<std::string>(values_.at(column)); }
  const Bytes& blob(std::size_t column) const { return std::get<Bytes>(values_.at(column)); }
  const Value& value(std::size_t column) const { return values_.at(column); }
  std::size_t size() const { return values_.size(); }

 private:
  std::vector<Value> values_;
};

// Inside one transaction. Throws ErrorException (Fault::unavailable when the database is away, Fault::conflict, code
// "storage.unique", on a violated unique constraint); `Database::write` turns that into a result.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual std::vector<Row> query(std::string_view sql, std::vector<Value> parameters = {}) = 0;
  virtual std::int64_t execute(std::string_view sql, std::vector<Value> parameters = {}) = 0;  // rows changed

  std::optional<Row> query_one(std::string_view sql, std::vector<Value> parameters = {});
};

struct Migration {
  int number;  // 1, 2, 3 … without gaps
  std::string_view name;
  std::string_view
      sql;  // statements separated by ';'; forward only. $BLOB and $SERIAL are replaced by the dialect's words
};

class Database {
 public:
  virtual ~Database() = default;
  // "sqlite:/path/file.sqlite" or "postgresql://…" (libpq URI, several hosts allowed). `connections`: at most that many
  // at once.
  static result<std::unique_ptr<Database>> open(std::string_view url, int connections = 8);

  // Runs `work` in one read-write transaction; committed means on disk. Blocking: call it from a pool thread.
  result<void> write(const std::function<void(Transaction&)>& work);
  // Runs `work` in one read-only transaction that sees one state.
  result<void> read(const std::function<void(Transaction&)>& work);
  // Applies what is missing, each in a transaction; refuses a database that is newer than the program.
  result<void> migrate(std::string_view component, const std::vector<Migration>& migrations);
  virtual std::string_view dialect() const = 0;  // "sqlite" or "postgresql"

 protected:
  virtual result<void> run(bool read_only, const std::function<void(Transaction&)>& work) = 0;
};

}  // namespace jindu::storage
