#include "common/exchange/service/outbox.hpp"

#include "common/exchange/codec/batch.hpp"
#include "common/exchange/service/kept_receipts.hpp"

#include <jindu/v1/epoch.pb.h>

#include "common/runtime/files.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::exchange {
namespace {

constexpr std::size_t kBuiltAtOnce = 128;
constexpr std::int64_t kLookedOver = 4 * kBuiltAtOnce;  // messages, for those whose turn it is
// What is built and not handed over: one batch on its way and one behind it.
constexpr std::int64_t kUnsentMax = 256;
constexpr std::int64_t kBytesUnsentMax = 12 * 1024 * 1024;
constexpr std::size_t kBytesBuiltAtOnce = 8 * 1024 * 1024;
constexpr std::size_t kBytesFreshMax = 2 * kBytesUnsentMax;
// What was put aside is tried again after as long as it has been aside, within these. Many may be: a folder is gone.
constexpr std::int64_t kAsideAgainMinMs = 1'000, kAsideAgainMaxMs = 120'000;
constexpr int kAsideAtOnce = 1024;

// What a slice says, or where there is no file the payload itself. Code exchange.file_missing.
result<Bytes> payload_of(const FileSlice& slice) {
  Bytes payload = slice.head;
  if (slice.path.empty()) return payload;
  files::Parts file;
  if (!file.append(slice.path, slice.offset, static_cast<std::size_t>(slice.length), payload))
    return Error{Fault::internal, "exchange.file_missing",
                 "a file that is to be sent is not there in full: " + slice.path};
  return payload;
}

// From the columns payload, path, file_offset and file_length.
FileSlice slice_of(storage::Row& row, std::size_t first) {
  return {row.take_text(first + 1), static_cast<std::uint64_t>(row.integer(first + 2)),
          static_cast<std::uint64_t>(row.integer(first + 3)), row.take_blob(first)};
}

// The exact bytes of a bundle that was built: its beginning and what it was built of, which has a name for people. Code
// exchange.payload_changed.
result<Bytes> sealed_again(BytesView beginning, BytesView payload, BytesView file_key, const std::string& of) {
  const auto key = crypto::digest_from(file_key);
  auto bundle = key ? bundle_from_beginning(beginning, payload, *key) : result<Bytes>(key.error());
  if (!bundle)
    return Error{Fault::internal, "exchange.payload_changed",
                 "what was built of " + of + " cannot be sealed again: " + bundle.error().detail};
  return std::move(*bundle);
}

// The exact bytes that were built.
result<Bytes> built(storage::Transaction& t, const std::string& id) {
  auto row = t.query_one(
      "SELECT b.bundle, b.file_key, p.payload, COALESCE(b.path, ''), COALESCE(b.file_offset, 0), "
      "COALESCE(b.file_length, 0), b.payload FROM exchange_built b LEFT JOIN exchange_payload p ON p.number = "
      "b.payload WHERE "
      "b.bundle_id = $1",
      {id});
  if (!row) return Error{Fault::internal, "exchange.built_missing", "a bundle that was built is not there: " + id};
  if (row->is_null(6)) return row->take_blob(0);
  if (row->is_null(2))
    return Error{Fault::internal, "exchange.payload_missing", "the payload of a bundle is not in the database: " + id};
  const auto slice = slice_of(*row, 2);
  const auto payload = payload_of(slice);
  if (!payload) return payload.error();
  return sealed_again(row->blob(0), *payload, row->blob(1), slice.path.empty() ? "the payload of " + id : slice.path);
}

void forget_payload(storage::Transaction& t, const std::string& id) {
  t.execute("DELETE FROM exchange_payload WHERE number = (SELECT payload FROM exchange_built WHERE bundle_id = $1)",
            {id});
}

// What tells a unit of a bundle that it has ended and forgotten: of the bundle, of its beginning, or as it was kept
// when these went.
std::optional<jindu::v1::Remembered> remembered_head(BytesView kept) {
  jindu::v1::Remembered head;
  const auto view = head_of_bundle(kept);
  if (!view) return parse_message(kept, head) ? std::optional(head) : std::nullopt;
  head.set_manifest(view->manifest_bytes.data(), view->manifest_bytes.size());
  head.set_signature(view->signature.data(), view->signature.size());
  return head;
}

std::int64_t next_of_subject(storage::Transaction& transaction, const std::string& subject) {
  return transaction
      .query_one(
          "INSERT INTO exchange_subject (direction, subject, sequence) VALUES ('out', $1, 1) ON CONFLICT (direction, "
          "subject) DO UPDATE SET sequence = exchange_subject.sequence + 1 RETURNING sequence",
          {subject})
      ->integer(0);
}

// Table exchange_sent: several receipts of one bundle are one change of its row. (hand_over_again, sign_waiting_anew
// and free_channel write the table themselves, in transactions of their own.)
class Told final : public storage::Transaction::Gathered {
 public:
  Sent* find(storage::Transaction& t, const std::string& id) {
    auto found = rows_.find(id);
    if (found == rows_.end()) {
      auto row = t.query_one(
          "SELECT kind, subject, manifest_digest, handed_over, rung, ended, code FROM exchange_sent WHERE bundle_id = "
          "$1",
          {id});
      if (!row) return nullptr;
      const Sent sent{row->take_text(0), row->take_text(1),    row->take_blob(2), row->integer(3) == 1,
                      row->integer(4),   row->integer(5) == 1, row->take_text(6)};
      found = rows_.emplace(id, std::pair{sent, sent}).first;
    }
    return &found->second.first;
  }
  bool changed() const override {
    return std::any_of(rows_.begin(), rows_.end(), [](const auto& one) { return differs(one.second); });
  }
  void write(storage::Transaction& t) override {
    for (const auto& [id, row] : rows_) {
      const auto& now = row.first;
      if (differs(row))
        t.execute("UPDATE exchange_sent SET handed_over = $2, rung = $3, ended = $4, code = $5 WHERE bundle_id = $1",
                  {id, now.handed_over, now.rung, now.ended, now.code});
    }
  }

 private:
  using Row = std::pair<Sent, Sent>;  // as it is now, and in the table
  static bool differs(const Row& row) {
    const auto& [now, before] = row;
    return now.handed_over != before.handed_over || now.rung != before.rung || now.ended != before.ended ||
           now.code != before.code;
  }
  std::map<std::string, Row> rows_;
};

// Whose turn it is in the outbox: the most urgent of those that are first about their subject, as order is kept per
// subject only. Looking goes from the most urgent on over a number of messages, as nearly all may stand behind another
// of their subject, and is done once for many turns. (What is to be tried again later than ever can be was put aside by
// a clock that was ahead.)
class Turns {
 public:
  explicit Turns(std::int64_t now_ms) : now_ms_(now_ms) {}
  // Its number.
  std::optional<std::int64_t> take(storage::Transaction& t) {
    if (firsts_.empty()) look(t);
    if (firsts_.empty()) return {};
    return firsts_.extract(firsts_.begin()).value().second;
  }
  // The first about this subject has become a bundle and is gone.
  void follow(storage::Transaction& t, const std::string& subject) {
    const auto row = t.query_one(
        "SELECT priority, number, again_ms FROM exchange_outbox WHERE subject = $1 ORDER BY number LIMIT 1", {subject});
    if (!row || (row->integer(2) > now_ms_ && row->integer(2) <= now_ms_ + kAsideAgainMaxMs)) return;
    // Between these and it may stand others that were not looked at.
    if (const Place one{row->integer(0), row->integer(1)}; !last_ || one < *last_) firsts_.insert(one);
  }

 private:
  using Place = std::pair<std::int64_t, std::int64_t>;  // priority and number
  // As far as it must to find one.
  void look(storage::Transaction& t) {
    const auto later = now_ms_ + kAsideAgainMaxMs;
    for (auto over = kLookedOver; firsts_.empty(); over *= 8) {
      for (const auto& row :
           t.query("SELECT priority, number FROM (SELECT priority, number, subject FROM exchange_outbox WHERE again_ms "
                   "<= $1 OR again_ms > $2 ORDER BY priority, number LIMIT $3) AS o WHERE NOT EXISTS (SELECT 1 FROM "
                   "exchange_outbox e WHERE e.subject = o.subject AND e.number < o.number)",
                   {now_ms_, later, over}))
        firsts_.insert({row.integer(0), row.integer(1)});
      const auto last = t.query_one(
          "SELECT priority, number FROM exchange_outbox WHERE again_ms <= $1 OR again_ms > $2 ORDER BY priority, "
          "number LIMIT 1 OFFSET $3",
          {now_ms_, later, over - 1});
      last_ = last ? std::optional(Place{last->integer(0), last->integer(1)}) : std::nullopt;
      if (!last_) return;
    }
  }
  const std::int64_t now_ms_;
  std::set<Place> firsts_;
  std::optional<Place> last_;  // where the look ended
};

std::optional<Bytes> known_subject_key(storage::Transaction& transaction) {
  auto row = transaction.query_one("SELECT secret FROM exchange_state WHERE name = 'subject-key'");
  if (!row) return {};
  return row->take_blob(0);
}

Bytes subject_key(storage::Transaction& transaction) {
  if (auto known = known_subject_key(transaction)) return std::move(*known);
  auto key = crypto::random_bytes(32);
  transaction.execute("INSERT INTO exchange_state (name, value, secret) VALUES ('subject-key', 0, $1)", {key});
  return key;
}

Bytes pseudonym(const Bytes& key, std::string_view subject) {
  const auto digest = crypto::hmac_sha256(key, bytes_of(subject));
  return {digest.begin(), digest.begin() + 16};
}

}  // namespace

void enqueue(storage::Transaction& transaction, const Outgoing& outgoing, Instant now) {
  FileSlice slice;
  const auto* bytes = std::get_if<Bytes>(&outgoing.payload);
  if (bytes == nullptr) slice = std::get<FileSlice>(outgoing.payload);
  const BytesView payload = bytes != nullptr ? *bytes : slice.head;
  if (payload.size() + slice.length > kMessageBundleMax)
    throw ErrorException({Fault::too_large, "exchange.too_large", "a message may have 16 MiB"});
  const auto row = transaction.query_one(
      "INSERT INTO exchange_outbox (kind, subject, priority, path, file_offset, file_length, at_ms) VALUES ($1, $2, "
      "$3, "
      "$4, $5, $6, $7) RETURNING number",
      {outgoing.kind, outgoing.subject, std::int64_t{outgoing.priority}, slice.path,
       static_cast<std::int64_t>(slice.offset), static_cast<std::int64_t>(slice.length), to_unix_ms(now)});
  transaction.execute("INSERT INTO exchange_payload (number, payload) VALUES ($1, $2)", {row->integer(0), payload});
}

bool is_needed(storage::Transaction& transaction, const std::string& path) {
  return !path.empty() &&
         (transaction.query_one("SELECT 1 FROM exchange_built WHERE path = $1 AND path IS NOT NULL LIMIT 1", {path}) ||
          transaction.query_one("SELECT 1 FROM exchange_outbox WHERE path = $1 AND path <> '' LIMIT 1", {path}));
}

std::optional<Bytes> subject_pseudonym(storage::Transaction& transaction, std::string_view subject) {
  const auto key = known_subject_key(transaction);
  if (!key) return {};
  return pseudonym(*key, subject);
}

bool may_build_ahead(storage::Transaction& transaction) {
  const auto row = transaction.query_one(
      "SELECT COUNT(*), CAST(COALESCE(SUM(LENGTH(b.bundle) + COALESCE(LENGTH(p.payload), 0) + COALESCE(b.file_length, "
      "0)), 0) AS BIGINT) FROM (SELECT bundle_id FROM exchange_sent WHERE handed_over = 0 LIMIT $1) AS s JOIN "
      "exchange_built b ON b.bundle_id = s.bundle_id LEFT JOIN exchange_payload p ON p.number = b.payload",
      {kUnsentMax});
  return row->integer(0) < kUnsentMax && row->integer(1) < kBytesUnsentMax;
}

std::vector<Built> build_waiting(storage::Transaction& transaction, const SenderIdentity& identity, Instant now,
                                 std::vector<PutAside>* changes) {
  const std::string channel = channel_of(identity.node.name, identity.peer);
  Place place;
  place.sequence = 0;
  if (auto row = transaction.query_one(
          "SELECT epoch, sequence, manifest_digest FROM exchange_channel WHERE channel = $1", {channel})) {
    place.epoch = static_cast<std::uint32_t>(row->integer(0));
    place.sequence = static_cast<std::uint64_t>(row->integer(1));
    std::copy_n(row->blob(2).begin(), 32, place.previous_digest.begin());
  } else {
    transaction.execute(
        "INSERT INTO exchange_channel (channel, epoch, sequence, manifest_digest) VALUES ($1, 1, 0, $2)",
        {channel, Bytes(32)});
  }
  struct Pending {
    std::string id, kind, subject, instead_of;
    std::int64_t sequence = 0, payload = 0;
    FileSlice slice;
    seal::FileKey key;
  };
  std::vector<Pending> pending;
  std::vector<UnsignedBundle> sealed;
  std::size_t bytes = 0;
  const auto subjects = subject_key(transaction);
  const auto ephemeral = crypto::PrivateKey::generate_p256();
  const auto now_ms = to_unix_ms(now);
  int aside = 0;
  Turns turns(now_ms);
  while (sealed.size() < kBuiltAtOnce && bytes < kBytesBuiltAtOnce && aside < kAsideAtOnce) {
    const auto number = turns.take(transaction);
    if (!number) break;
    auto row = transaction.query_one(
        "SELECT number, kind, subject, priority, (SELECT payload FROM exchange_payload p WHERE p.number = o.number), "
        "path, file_offset, file_length, aside_code, aside_ms, was_bundle, was_key, instead_of FROM exchange_outbox o "
        "WHERE number = $1",
        {*number});
    const auto put_aside = [&](const Error& reason) {
      ++aside;
      const bool anew = row->text(8).empty();
      const auto since = anew ? now_ms : row->integer(9);
      transaction.execute("UPDATE exchange_outbox SET aside_code = $2, aside_ms = $3, again_ms = $4 WHERE number = $1",
                          {row->integer(0), reason.code, since,
                           now_ms + std::clamp(now_ms - since, kAsideAgainMinMs, kAsideAgainMaxMs)});
      if (changes != nullptr && row->text(8) != reason.code)
        changes->push_back({row->integer(0), row->text(1), row->text(2), reason});
    };
    if (row->is_null(4)) {
      put_aside({Fault::internal, "exchange.payload_missing", "the payload of a message is not in the database"});
      continue;
    }
    auto slice = slice_of(*row, 4);
    const auto payload = payload_of(slice);
    if (!payload) {
      put_aside(payload.error());
      continue;
    }
    if (!row->is_null(10)) {
      const auto name = slice.path.empty() ? "message " + std::to_string(row->integer(0)) : slice.path;
      if (const auto again = sealed_again(row->blob(10), *payload, row->blob(11), name); !again) {
        put_aside(again.error());
        continue;
      }
    }
    BundleDraft draft{new_bundle_id(now),
                      identity.node.name,
                      identity.peer,
                      row->text(1),
                      pseudonym(subjects, row->text(2)),
                      static_cast<std::uint32_t>(row->integer(3)),
                      now,
                      now + identity.expires,
                      place};
    draft.place.sequence = place.sequence + 1;
    draft.place.subject_sequence = static_cast<std::uint64_t>(next_of_subject(transaction, row->text(2)));
    const auto key = seal::new_file_key();
    auto one = seal_bundle(draft, *payload, identity.node.key.public_key(), identity.peer_key, key, &ephemeral);
    if (!one) throw ErrorException(one.error());
    if (changes != nullptr && !row->text(8).empty())
      changes->push_back({row->integer(0), row->text(1), row->text(2), {}});
    transaction.execute("DELETE FROM exchange_outbox WHERE number = $1", {row->integer(0)});
    turns.follow(transaction, row->text(2));
    place.sequence = draft.place.sequence;
    place.previous_digest = one->manifest_digest;
    bytes += one->seal.size();
    slice.head.clear();  // it is sealed by now
    pending.push_back({to_text(draft.id), draft.kind, row->text(2), row->text(12),
                       static_cast<std::int64_t>(place.sequence), row->integer(0), std::move(slice), key});
    sealed.push_back(std::move(*one));
  }
  if (sealed.empty()) return {};
  auto bundles = sign_bundles(sealed, identity.node.key);
  sealed.clear();
  std::vector<Built> done;
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    const auto& one = pending[i];
    const auto& digest = bundles[i].manifest_digest;
    transaction.execute(
        "INSERT INTO exchange_sent (bundle_id, sequence, kind, subject, manifest_digest, created_ms, handed_over, "
        "rung, ended, code) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, '')",
        {one.id, one.sequence, one.kind, one.subject, digest, to_unix_ms(now)});
    auto beginning = beginning_of_bundle(bundles[i].bytes);
    if (!beginning) throw ErrorException(beginning.error());
    transaction.execute(
        "INSERT INTO exchange_built (bundle_id, bundle, file_key, payload, path, file_offset, file_length) VALUES ($1, "
        "$2, $3, $4, $5, $6, $7)",
        {one.id, *beginning, one.key, one.payload,
         one.slice.path.empty() ? storage::Parameter(std::monostate()) : one.slice.path,
         static_cast<std::int64_t>(one.slice.offset), static_cast<std::int64_t>(one.slice.length)});
    if (!one.instead_of.empty())
      transaction.execute("UPDATE exchange_sent_anew SET anew = $2 WHERE bundle_id = $1", {one.instead_of, one.id});
    done.push_back({one.id, Bytes(digest.begin(), digest.end()), std::move(bundles[i].bytes), one.instead_of});
  }
  transaction.execute("UPDATE exchange_channel SET sequence = $2, manifest_digest = $3 WHERE channel = $1",
                      {channel, static_cast<std::int64_t>(place.sequence), place.previous_digest});
  return done;
}

void FreshlyBuilt::put(std::vector<Built>&& built) {
  const std::lock_guard lock(mutex_);
  for (auto& one : built) {
    const auto size = one.bundle.size();
    auto id = one.bundle_id;
    if (built_.try_emplace(std::move(id), std::move(one)).second) bytes_ += size;
  }
  // What nobody has asked for: it was handed over before it was put here.
  if (bytes_ <= kBytesFreshMax) return;
  built_.clear();
  bytes_ = 0;
}

std::optional<Bytes> FreshlyBuilt::take(const std::string& bundle_id, BytesView manifest_digest) {
  const std::lock_guard lock(mutex_);
  auto found = built_.extract(bundle_id);
  if (found.empty()) return {};
  bytes_ -= found.mapped().bundle.size();
  // It may have been signed anew.
  if (text_of(found.mapped().manifest_digest) != text_of(manifest_digest)) return {};
  return std::move(found.mapped().bundle);
}

void FreshlyBuilt::clear() {
  const std::lock_guard lock(mutex_);
  built_.clear();
  bytes_ = 0;
}

std::vector<Built> next_to_hand_over(storage::Transaction& transaction, std::int64_t limit, std::size_t bytes,
                                     FreshlyBuilt& fresh) {
  std::vector<Built> next;
  std::size_t sum = 0;
  for (const auto& row : transaction.query(
           "SELECT bundle_id, manifest_digest FROM exchange_sent WHERE handed_over = 0 ORDER BY sequence LIMIT $1",
           {limit})) {
    auto bundle = fresh.take(row.text(0), row.blob(1));
    if (!bundle) {
      auto again = built(transaction, row.text(0));
      if (!again && !next.empty()) break;
      if (!again) throw ErrorException(again.error());
      bundle = std::move(*again);
    }
    sum += bundle->size();
    std::vector<Built> one;
    one.push_back({row.text(0), row.blob(1), std::move(*bundle)});
    if (!next.empty() && sum > bytes) {
      fresh.put(std::move(one));
      break;
    }
    next.push_back(std::move(one.front()));
  }
  return next;
}

int sign_waiting_anew(storage::Transaction& transaction, const SenderIdentity& identity) {
  int number = 0;
  std::optional<crypto::Digest> before;
  for (const auto& row :
       transaction.query("SELECT bundle_id, rung FROM exchange_sent WHERE handed_over = 0 ORDER BY sequence")) {
    const auto stored = built(transaction, row.text(0));
    const auto view = stored ? parse_bundle(*stored) : result<BundleView>(stored.error());
    if (!view) throw ErrorException(view.error());
    crypto::Digest previous{};
    std::copy_n(view->manifest.previous_digest().begin(), 32, reinterpret_cast<char*>(previous.data()));
    const bool follows = !before || *before == previous;
    const bool taken_once = row.integer(1) > 0;
    if (taken_once || (follows && view->manifest.signer_key_id() == text_of(identity.node.key.key_id()))) {
      before = view->manifest_digest;
      continue;
    }
    auto anew = sign_bundle_anew(*view, before.value_or(previous), identity.node.key);
    if (!anew) throw ErrorException(anew.error());
    before = anew->manifest_digest;
    transaction.execute("UPDATE exchange_sent SET manifest_digest = $2 WHERE bundle_id = $1", {row.text(0), *before});
    auto kept = transaction.query_one("SELECT payload FROM exchange_built WHERE bundle_id = $1", {row.text(0)});
    auto bytes = kept && kept->is_null(0) ? result<Bytes>(std::move(anew->bytes)) : beginning_of_bundle(anew->bytes);
    if (!bytes) throw ErrorException(bytes.error());
    transaction.execute("UPDATE exchange_built SET bundle = $2 WHERE bundle_id = $1", {row.text(0), *bytes});
    ++number;
  }
  if (number > 0)
    transaction.execute("UPDATE exchange_channel SET manifest_digest = $2 WHERE channel = $1",
                        {channel_of(identity.node.name, identity.peer), *before});
  return number;
}

Freed free_channel(storage::Transaction& transaction, const std::string& channel, const Taken& taken) {
  if (transaction.query_one(
          "SELECT 1 FROM exchange_sent WHERE sequence = $1 AND manifest_digest = $2 AND handed_over = 0",
          {taken.sequence, taken.manifest_digest})) {
    // Its digest stands for all before it. That it has them is its word, without a receipt yet: none of them may be
    // taken back after that.
    return {static_cast<std::int64_t>(transaction.execute(
                "UPDATE exchange_sent SET handed_over = 1, rung = CASE WHEN rung = 0 THEN 1 ELSE rung END WHERE "
                "handed_over = 0 AND sequence <= $1",
                {taken.sequence})),
            0};
  }
  auto rows = transaction.query(
      "SELECT s.bundle_id, s.kind, s.subject, s.created_ms, s.rung, b.payload, b.bundle, b.file_key, COALESCE(b.path, "
      "''), b.file_offset, b.file_length, s.manifest_digest FROM exchange_sent s LEFT JOIN exchange_built b ON "
      "b.bundle_id = s.bundle_id WHERE s.handed_over = 0 ORDER BY s.sequence");
  std::vector<jindu::v1::BundleManifest> manifests;
  for (const auto& row : rows) {
    // (A negative number is that of a payload from before migration 4: their order is another one.)
    if (row.integer(4) > 0 || row.is_null(5) || row.integer(5) < 0) return {};
    auto head = head_of_bundle(row.blob(6));
    const auto digest = head ? crypto::sha256(head->manifest_bytes) : crypto::Digest{};
    if (!head || text_of(digest) != text_of(row.blob(11))) return {};
    manifests.push_back(std::move(head->manifest));
  }
  // They must be all that follows what the unit has.
  const auto sequence = transaction.query_one("SELECT sequence FROM exchange_channel WHERE channel = $1", {channel});
  const auto number = static_cast<std::int64_t>(rows.size());
  if (rows.empty() || !sequence || sequence->integer(0) != taken.sequence + number ||
      static_cast<std::int64_t>(manifests.front().sequence()) != taken.sequence + 1 ||
      manifests.front().previous_digest() != text_of(taken.manifest_digest))
    return {};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    transaction.execute(
        "INSERT INTO exchange_outbox (number, kind, subject, priority, path, file_offset, file_length, at_ms, "
        "was_bundle, was_key, instead_of) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, COALESCE((SELECT bundle_id "
        "FROM exchange_sent_anew WHERE anew = $11 AND anew <> ''), ''))",
        {row.integer(5), row.text(1), row.text(2), std::int64_t{manifests[i].priority()}, row.text(8), row.integer(9),
         row.integer(10), row.integer(3), row.blob(6), row.blob(7), row.text(0)});
    transaction.execute("UPDATE exchange_sent_anew SET anew = '' WHERE anew = $1 AND anew <> ''", {row.text(0)});
    transaction.execute("DELETE FROM exchange_built WHERE bundle_id = $1", {row.text(0)});
    transaction.execute("DELETE FROM exchange_sent WHERE bundle_id = $1", {row.text(0)});
    transaction.execute("UPDATE exchange_subject SET sequence = sequence - 1 WHERE direction = 'out' AND subject = $1",
                        {row.text(2)});
  }
  transaction.execute("UPDATE exchange_channel SET sequence = $2, manifest_digest = $3 WHERE channel = $1",
                      {channel, taken.sequence, taken.manifest_digest});
  return {0, number};
}

Sent* find_sent(storage::Transaction& transaction, const std::string& bundle_id) {
  return transaction.gathered<Told>().find(transaction, bundle_id);
}

void mark_handed_over(storage::Transaction& transaction, const std::string& bundle_id) {
  if (auto* sent = find_sent(transaction, bundle_id)) sent->handed_over = true;
}

void mark_applied(storage::Transaction& transaction, const std::string& bundle_id) {
  mark_handed_over(transaction, bundle_id);
  forget_payload(transaction, bundle_id);
  transaction.execute("DELETE FROM exchange_built WHERE bundle_id = $1", {bundle_id});
}

void forget_bytes(storage::Transaction& transaction, const std::string& bundle_id) {
  const auto row = transaction.query_one("SELECT bundle FROM exchange_built WHERE bundle_id = $1", {bundle_id});
  const auto remembered = row ? remembered_head(row->blob(0)) : std::nullopt;
  if (!remembered) return;
  forget_payload(transaction, bundle_id);
  transaction.execute("UPDATE exchange_built SET bundle = $2, path = NULL, payload = NULL WHERE bundle_id = $1",
                      {bundle_id, encode(*remembered)});
}

Memories remembered_for(storage::Transaction& transaction, const std::string& unit, std::int64_t after,
                        const std::set<std::int64_t>& open, std::int64_t behind, std::size_t bytes) {
  Memories memories;
  std::size_t sum = 0;
  std::int64_t last = behind;
  for (const auto& row : transaction.query(
           "SELECT s.bundle_id, s.sequence, b.bundle FROM exchange_sent s JOIN exchange_built b ON b.bundle_id = "
           "s.bundle_id WHERE s.ended = 1 AND s.rung >= 8 AND s.sequence > $2 AND EXISTS (SELECT 1 FROM "
           "exchange_receipt r WHERE r.bundle_id = s.bundle_id AND r.rung > 7 AND r.party = $1) ORDER BY s.sequence",
           {unit, open.empty() ? std::max(after, behind) : behind})) {
    if (row.integer(1) <= after && !open.contains(row.integer(1))) continue;
    if (sum > bytes || memories.list.size() >= kBatchCountMax) {
      memories.behind = last;
      break;
    }
    auto one = remembered_head(row.blob(2));
    if (!one) continue;
    for (auto& kept : transaction.query(
             "SELECT receipt, certificate, together, place FROM exchange_receipt WHERE bundle_id = $1 AND party = $2 "
             "ORDER BY rung",
             {row.text(0), unit})) {
      const auto receipt = receipt_in(transaction, kept, 0).whole();
      one->add_receipts(receipt.data(), receipt.size());
    }
    last = row.integer(1);
    memories.list.push_back(encode(*one));
    sum += memories.list.back().size();
  }
  return memories;
}

std::int64_t hand_over_again(storage::Transaction& transaction, std::int64_t from_sequence) {
  return static_cast<std::int64_t>(transaction.execute(
      "UPDATE exchange_sent SET handed_over = 0 WHERE handed_over = 1 AND sequence >= $1 AND rung < 5 AND "
      "EXISTS (SELECT 1 FROM exchange_built b WHERE b.bundle_id = exchange_sent.bundle_id)",
      {from_sequence}));
}

std::int64_t handed_over_up_to(storage::Transaction& transaction) {
  const auto row =
      transaction.query_one("SELECT sequence FROM exchange_sent WHERE handed_over = 1 ORDER BY sequence DESC LIMIT 1");
  return row ? row->integer(0) : 0;
}

}  // namespace jindu::exchange
