#include "common/storage/database.hpp"

#include <algorithm>

#include "common/storage/migration.hpp"
#include "common/storage/postgres.hpp"
#include "common/storage/sqlite.hpp"

namespace jindu::storage {

Parameter::Parameter(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    value_ = *integer;
  else if (const auto* text = std::get_if<std::string>(&value))
    value_ = std::string_view(*text);
  else if (const auto* bytes = std::get_if<Bytes>(&value))
    value_ = BytesView(*bytes);
}

void Row::throw_other_type(std::size_t column) {
  throw ErrorException({Fault::internal, std::string(kDamaged),
                        "column " + std::to_string(column) + " holds something of another type"});
}

std::optional<Row> Transaction::query_one(std::string_view sql, const Parameters& parameters) {
  std::vector<Row> rows = query(sql, parameters);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

void Transaction::write_gathered() {
  for (auto& [type, one] : gathered_)
    if (one->changed()) one->write(*this);
  gathered_.clear();
}

bool Transaction::has_gathered() const {
  return std::any_of(gathered_.begin(), gathered_.end(), [](const auto& one) { return one.second->changed(); });
}

result<std::unique_ptr<Database>> Database::open(std::string_view url, int connections) {
  if (connections < 1 || connections > 1000) {
    return Error{Fault::invalid, "storage.connections", "connections must be between 1 and 1000", "connections"};
  }
  if (url.starts_with("sqlite:")) return open_sqlite(std::string(url.substr(7)), connections);
  if (url.starts_with("postgresql://") || url.starts_with("postgres://"))
    return open_postgres(std::string(url), connections);
  return Error{Fault::invalid, "storage.url", "a database URL starts with sqlite: or postgresql://", "url"};
}

result<std::unique_ptr<Database>> Database::open_to_read(std::string_view url) {
  auto opened = url.starts_with("sqlite:") ? open_sqlite_to_read(std::string(url.substr(7))) : open(url, 1);
  if (opened) (*opened)->reads_only_ = true;
  return opened;
}

result<void> Database::write(const std::function<void(Transaction&)>& work) {
  if (reads_only_) return Error{Fault::forbidden, "storage.read_only", "this database was opened to be read"};
  return noted(run(false, [&](Transaction& transaction) {
    work(transaction);
    transaction.write_gathered();
  }));
}
result<void> Database::read(const std::function<void(Transaction&)>& work) {
  return noted(run(true, [&](Transaction& transaction) {
    work(transaction);
    if (transaction.has_gathered())
      throw ErrorException({Fault::internal, "storage.read_only", "something was changed in a transaction that reads"});
  }));
}

result<void> Database::noted(result<void> outcome) {
  if (!outcome && outcome.error().code == kDamaged) damaged_ = true;
  return outcome;
}

result<void> Database::migrate(std::string_view component, const std::vector<Migration>& migrations) {
  return apply_migrations(*this, component, migrations);
}

}  // namespace jindu::storage
