#pragma once
// One small interface over embedded SQLite and PostgreSQL. SQL keeps to the subset both understand; parameters are $1,
// $2, … Write transactions are retried by `write` when the database asks for it (serialisation failure, busy), so the
// function may run more than once and must have no effect outside the database.
#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <variant>
#include <vector>

#include "common/runtime/bytes.hpp"
#include "common/runtime/result.hpp"

namespace jindu::storage {

// NULL, BIGINT, TEXT or BLOB/BYTEA. There are no floats and no dates: instants are Unix milliseconds, dates ISO text.
using Value = std::variant<std::monostate, std::int64_t, std::string, Bytes>;

constexpr std::string_view kDamaged = "storage.damaged";

// What stands for a $1 of a statement: a view of what the caller has, which stays until the statement has run.
class Parameter {
 public:
  Parameter(std::monostate) {}
  template <std::integral T>
  requires(sizeof(T) < sizeof(std::int64_t) || std::is_signed_v<T>) Parameter(T integer)
      : value_(static_cast<std::int64_t>(integer)) {}
  Parameter(std::string_view text) : value_(text) {}
  Parameter(const std::string& text) : value_(std::string_view(text)) {}
  Parameter(const char* text) : value_(std::string_view(text)) {}
  template <std::convertible_to<BytesView> T>
  Parameter(const T& bytes) : value_(BytesView(bytes)) {}
  Parameter(const Value& value);
  const std::variant<std::monostate, std::int64_t, std::string_view, BytesView>& value() const { return value_; }

 private:
  std::variant<std::monostate, std::int64_t, std::string_view, BytesView> value_;
};

// All of a statement, written where it is executed, {id, 7, bytes}, and never kept under a name: what it lists is gone
// at the end of the call.
class Parameters {
 public:
  Parameters() = default;
  Parameters(std::initializer_list<Parameter> list) : list_(list.begin(), list.size()) {}
  Parameters(const std::vector<Value>& values) : own_(values.begin(), values.end()), list_(own_) {}
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;
  std::size_t size() const { return list_.size(); }
  const auto& operator[](std::size_t place) const { return list_[place].value(); }

 private:
  std::vector<Parameter> own_;
  std::span<const Parameter> list_;
};

class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  bool is_null(std::size_t column) const { return std::holds_alternative<std::monostate>(values_.at(column)); }
  // Each throws ErrorException, code "storage.damaged", where something else stands: no statement of ours asks for what
  // its table cannot hold.
  std::int64_t integer(std::size_t column) const { return get<std::int64_t>(column); }
  const std::string& text(std::size_t column) const { return get<std::string>(column); }
  const Bytes& blob(std::size_t column) const { return get<Bytes>(column); }
  const Value& value(std::size_t column) const { return values_.at(column); }
  // The same, out of the row: it is empty then.
  std::string take_text(std::size_t column) { return std::move(get<std::string>(column)); }
  Bytes take_blob(std::size_t column) { return std::move(get<Bytes>(column)); }
  std::size_t size() const { return values_.size(); }

 private:
  template <class T>
  T& get(std::size_t column) {
    if (auto* value = std::get_if<T>(&values_.at(column))) return *value;
    throw_other_type(column);
  }
  template <class T>
  const T& get(std::size_t column) const {
    return const_cast<Row&>(*this).get<T>(column);
  }
  [[noreturn]] static void throw_other_type(std::size_t column);

  std::vector<Value> values_;
};

// Inside one transaction, of one caller. Throws ErrorException (Fault::unavailable when the database is away,
// Fault::conflict, code "storage.unique", on a violated unique constraint); `Database::write` turns that into a result.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual std::vector<Row> query(std::string_view sql, const Parameters& parameters = {}) = 0;
  virtual std::int64_t execute(std::string_view sql, const Parameters& parameters = {}) = 0;  // rows changed

  std::optional<Row> query_one(std::string_view sql, const Parameters& parameters = {});

  // What is kept in memory while a transaction runs and written once, at its end: what every row changes, such as sums
  // and heads. Each says of which table; nothing else may read or write that in the same transaction.
  class Gathered {
   public:
    virtual ~Gathered() = default;
    virtual bool changed() const = 0;
    virtual void write(Transaction& transaction) = 0;
  };
  // The one T of this transaction.
  template <class T>
  T& gathered() {
    auto& one = gathered_[typeid(T)];
    if (!one) one = std::make_unique<T>();
    return static_cast<T&>(*one);
  }

 private:
  friend class Database;
  void write_gathered();
  bool has_gathered() const;
  std::map<std::type_index, std::unique_ptr<Gathered>> gathered_;
};

struct Migration {
  int number;  // 1, 2, 3 … without gaps
  std::string_view name;
  std::string_view sql;  // statements separated by ';'; forward only. $BLOB, $SERIAL and $KEY (a number that is given)
                         // are replaced by the dialect's words; a statement behind $POSTGRESQL is for that alone
};

class Database {
 public:
  virtual ~Database() = default;
  // "sqlite:/path/file.sqlite" or "postgresql://…" (libpq URI, several hosts allowed). `connections`: at most that many
  // at once.
  static result<std::unique_ptr<Database>> open(std::string_view url, int connections = 8);
  // The database of a program that may be running: nothing is made, migrated or taken over, and `write` says no (code
  // "storage.read_only").
  static result<std::unique_ptr<Database>> open_to_read(std::string_view url);

  // Runs `work` in one read-write transaction; committed means on disk. Blocking: call it from a pool thread.
  result<void> write(const std::function<void(Transaction&)>& work);
  // Runs `work` in one read-only transaction that sees one state.
  result<void> read(const std::function<void(Transaction&)>& work);
  // Applies what is missing, each in a transaction; refuses a database that is newer than the program.
  result<void> migrate(std::string_view component, const std::vector<Migration>& migrations);
  virtual std::string_view dialect() const = 0;  // "sqlite" or "postgresql"
  // Whether anything that was read since the start was not what can have been written (code "storage.damaged"): what
  // the database says cannot be relied on any more, and somebody has to look.
  bool damaged() const { return damaged_; }

 protected:
  virtual result<void> run(bool read_only, const std::function<void(Transaction&)>& work) = 0;

 private:
  result<void> noted(result<void> outcome);

  std::atomic<bool> damaged_ = false;
  bool reads_only_ = false;
};

}  // namespace jindu::storage
