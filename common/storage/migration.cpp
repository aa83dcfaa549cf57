#include "common/storage/migration.hpp"

namespace jindu::storage {
namespace {

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// FNV-1a: notices an edit; it guards against accidents, not against an attacker, who could edit the table as well.
std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  Bytes bytes(8);
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(hash >> (56 - 8 * i));
  return to_hex(bytes);
}

constexpr std::string_view kTable =
    "CREATE TABLE IF NOT EXISTS jindu_migration (component TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, "
    "fingerprint TEXT NOT NULL, PRIMARY KEY (component, number))";

}  // namespace

std::vector<std::string> statements_of(std::string_view sql, std::string_view dialect) {
  const bool postgres = dialect == "postgresql";
  std::string text = replace_all(std::string(sql), "$BLOB", postgres ? "BYTEA" : "BLOB");
  text =
      replace_all(std::move(text), "$SERIAL",
                  postgres ? "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY" : "INTEGER PRIMARY KEY AUTOINCREMENT");
  text = replace_all(std::move(text), "$KEY", postgres ? "BIGINT PRIMARY KEY" : "INTEGER PRIMARY KEY");
  std::vector<std::string> statements;
  std::string current;
  const auto end_statement = [&] {
    constexpr std::string_view only = "$POSTGRESQL ";
    const auto first = current.find_first_not_of(" \t\r\n");
    const bool marked = first != std::string::npos && std::string_view(current).substr(first).starts_with(only);
    if (marked) current.erase(0, first + only.size());
    if (first != std::string::npos && (postgres || !marked)) statements.push_back(current);
    current.clear();
  };
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!quoted && c == '-' && i + 1 < text.size() && text[i + 1] == '-') {
      while (i < text.size() && text[i] != '\n') ++i;
      current += '\n';
      continue;
    }
    if (c == '\'') quoted = !quoted;
    if (c == ';' && !quoted) {
      end_statement();
      continue;
    }
    current += c;
  }
  end_statement();
  return statements;
}

result<void> apply_migrations(Database& database, std::string_view component,
                              const std::vector<Migration>& migrations) {
  const std::string name(component);
  if (auto done = database.write([](Transaction& tx) { tx.execute(kTable); }); !done) return done;
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    const Migration& migration = migrations[i];
    if (migration.number != static_cast<int>(i) + 1) {
      return Error{Fault::internal, "storage.migration_order", "migrations of " + name + " are not numbered 1, 2, 3 …"};
    }
    const std::string print = fingerprint(migration.sql);
    auto done = database.write([&](Transaction& tx) {
      const auto applied = tx.query_one("SELECT fingerprint FROM jindu_migration WHERE component = $1 AND number = $2",
                                        {name, std::int64_t{migration.number}});
      if (applied) {
        if (applied->text(0) != print) {
          throw ErrorException(
              {Fault::conflict, "storage.migration_changed",
               "migration " + std::to_string(migration.number) + " of " + name + " was edited after it was applied"});
        }
        return;
      }
      for (const std::string& statement : statements_of(migration.sql, database.dialect())) tx.execute(statement);
      tx.execute("INSERT INTO jindu_migration (component, number, name, fingerprint) VALUES ($1, $2, $3, $4)",
                 {name, std::int64_t{migration.number}, std::string(migration.name), print});
    });
    if (!done) return done;
  }
  std::optional<std::int64_t> newest;
  auto done = database.read([&](Transaction& tx) {
    const auto row = tx.query_one("SELECT MAX(number) FROM jindu_migration WHERE component = $1", {name});
    newest = row && !row->is_null(0) ? std::optional(row->integer(0)) : std::nullopt;
  });
  if (!done) return done;
  if (newest && *newest > static_cast<std::int64_t>(migrations.size())) {
    return Error{Fault::conflict, "storage.newer_database",
                 "the database has migration " + std::to_string(*newest) + " of " + name +
                     "; this program is older and knows " + std::to_string(migrations.size())};
  }
  return {};
}

}  // namespace jindu::storage
