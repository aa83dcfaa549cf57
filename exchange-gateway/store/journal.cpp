#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

constexpr std::string_view kColumns =
    "id, outward, state, channel, epoch, sequence, sender, destination, kind, subject, subject_sequence, priority, "
    "size, "
    "manifest_digest, previous_digest, manifest, signature, created_ms, expires_ms, stored_ms, delivery, offered, "
    "voyage, "
    "file, ended_ms, code, checksum";

Entry entry_of(storage::Row& r) {
  Entry e;
  e.id = r.take_text(0);
  e.outward = r.integer(1) == 1;
  e.state = state_from_text(r.text(2)).value();
  e.channel = r.take_text(3);
  e.epoch = r.integer(4);
  e.sequence = r.integer(5);
  e.from = r.take_text(6);
  e.to = r.take_text(7);
  e.kind = r.take_text(8);
  e.subject = r.take_blob(9);
  e.subject_sequence = r.integer(10);
  e.priority = r.integer(11);
  e.size = r.integer(12);
  e.manifest_digest = r.take_blob(13);
  e.previous_digest = r.take_blob(14);
  e.manifest = r.take_blob(15);
  e.signature = r.take_blob(16);
  e.created_ms = r.integer(17);
  e.expires_ms = r.integer(18);
  e.stored_ms = r.integer(19);
  e.delivery = r.integer(20);
  e.offered = r.integer(21) == 1;
  e.voyage = r.integer(22);
  e.file = r.take_text(23);
  e.ended_ms = r.integer(24);
  e.code = r.take_text(25);
  e.checksum = r.integer(26);
  return e;
}

std::vector<Entry> select(storage::Transaction& t, std::string_view rest, const storage::Parameters& parameters) {
  std::vector<Entry> entries;
  const auto sql = "SELECT " + std::string(kColumns) + " FROM bundle " + std::string(rest);
  for (auto& row : t.query(sql, parameters)) entries.push_back(entry_of(row));
  return entries;
}

std::optional<Entry> first(std::vector<Entry> entries) {
  if (entries.empty()) return {};
  return std::move(entries.front());
}

crypto::Digest digest_of(const Bytes& bytes) {
  crypto::Digest digest{};
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 32), digest.begin());
  return digest;
}

std::string place_of(const Outline& e) {
  if (e.state != State::ended) return std::string(to_text(e.state));
  return e.code.empty() ? "applied" : "not_applied";
}

// Table tally: bundles and bytes that came to each place of each channel, or left it, in this transaction.
class Moves final : public storage::Transaction::Gathered {
 public:
  void add(const Outline& e, const std::string& place, std::int64_t bundles) {
    auto& one = moves_[{e.channel, place}];
    one.bundles += bundles;
    one.bytes += bundles * e.size;
  }
  bool changed() const override { return !moves_.empty(); }
  void write(storage::Transaction& t) override {
    for (const auto& [key, one] : moves_) {
      if (one.bundles == 0 && one.bytes == 0) continue;
      if (t.execute("UPDATE tally SET bundles = bundles + $3, bytes = bytes + $4 WHERE channel = $1 AND place = $2",
                    {key.first, key.second, one.bundles, one.bytes}) == 0)
        t.execute("INSERT INTO tally (channel, place, bundles, bytes) VALUES ($1, $2, $3, $4)",
                  {key.first, key.second, one.bundles, one.bytes});
    }
  }
  // Each place of each channel as it will be.
  template <class Use>
  void each(storage::Transaction& t, const Use& use) {
    if (!stored_) {
      stored_.emplace();
      for (auto& r : t.query("SELECT channel, place, bundles, bytes FROM tally"))
        (*stored_)[{r.take_text(0), r.take_text(1)}] = {r.integer(2), r.integer(3)};
    }
    for (const auto& [key, one] : moves_) stored_->try_emplace(key);
    for (const auto& [key, one] : *stored_) {
      const auto moved = moves_.find(key);
      const auto more = moved == moves_.end() ? Sum{} : moved->second;
      use(key.first, key.second, Sum{one.bundles + more.bundles, one.bytes + more.bytes});
    }
  }

 private:
  using Places = std::map<std::pair<std::string, std::string>, Sum>;
  Places moves_;
  std::optional<Places> stored_;  // as the table has them, read once
};

// Table channel: the heads as they are within this transaction; each bundle moves them. Names may be read from the
// table.
class Heads final : public storage::Transaction::Gathered {
 public:
  ChannelHead at(storage::Transaction& t, const std::string& channel) {
    if (const auto found = heads_.find(channel); found != heads_.end()) return found->second.head;
    const auto row = t.query_one("SELECT epoch, sequence, manifest_digest FROM channel WHERE name = $1", {channel});
    if (!row) return {};
    const ChannelHead head{static_cast<std::uint32_t>(row->integer(0)), static_cast<std::uint64_t>(row->integer(1)),
                           digest_of(row->blob(2))};
    heads_[channel] = {head, false};
    return head;
  }
  void set(storage::Transaction& t, const std::string& channel, const ChannelHead& head) {
    const auto found = heads_.find(channel);
    if (found != heads_.end()) {
      found->second = {head, true};
      return;
    }
    // The first word of a channel is written at once: others look there which channels there are.
    write(t, channel, head);
    heads_[channel] = {head, false};
  }
  bool changed() const override {
    return std::any_of(heads_.begin(), heads_.end(), [](const auto& one) { return one.second.changed; });
  }
  void write(storage::Transaction& t) override {
    for (const auto& [channel, one] : heads_)
      if (one.changed) write(t, channel, one.head);
  }

 private:
  static void write(storage::Transaction& t, const std::string& channel, const ChannelHead& head) {
    const auto sequence = static_cast<std::int64_t>(head.sequence);
    if (t.execute("UPDATE channel SET epoch = $2, sequence = $3, manifest_digest = $4 WHERE name = $1",
                  {channel, head.epoch, sequence, head.manifest_digest}) == 0)
      t.execute("INSERT INTO channel (name, epoch, sequence, manifest_digest) VALUES ($1, $2, $3, $4)",
                {channel, head.epoch, sequence, head.manifest_digest});
  }
  struct One {
    ChannelHead head;
    bool changed = false;
  };
  std::map<std::string, One> heads_;
};

// Table unit_state.
class States final : public storage::Transaction::Gathered {
 public:
  std::int64_t at(storage::Transaction& t, const std::string& name) {
    if (const auto found = values_.find(name); found != values_.end()) return found->second.value;
    const auto row = t.query_one("SELECT value FROM unit_state WHERE name = $1", {name});
    const auto value = row ? row->integer(0) : 0;
    values_[name] = {value, false};
    return value;
  }
  void set(const std::string& name, std::int64_t value) { values_[name] = {value, true}; }
  bool changed() const override {
    return std::any_of(values_.begin(), values_.end(), [](const auto& one) { return one.second.changed; });
  }
  void write(storage::Transaction& t) override {
    for (const auto& [name, one] : values_)
      if (one.changed && t.execute("UPDATE unit_state SET value = $2 WHERE name = $1", {name, one.value}) == 0)
        t.execute("INSERT INTO unit_state (name, value) VALUES ($1, $2)", {name, one.value});
  }

 private:
  struct One {
    std::int64_t value = 0;
    bool changed = false;
  };
  std::map<std::string, One> values_;
};

void count_in(storage::Transaction& t, const Outline& e, const std::string& place) {
  if (e.kind != "receipts") t.gathered<Moves>().add(e, place, 1);
}

// From the place where it was counted to where it is now.
void count_from(storage::Transaction& t, const Outline& e, const std::string& before) {
  const auto place = place_of(e);
  if (e.kind == "receipts" || place == before) return;
  auto& moves = t.gathered<Moves>();
  moves.add(e, before, -1);
  moves.add(e, place, 1);
}

}  // namespace

std::vector<Tally> tallies(storage::Transaction& t) {
  std::vector<Tally> list;
  t.gathered<Moves>().each(t, [&](const std::string& channel, const std::string& place, const Sum& sum) {
    list.push_back({channel, place, sum.bundles, sum.bytes});
  });
  return list;
}

std::vector<Rate::Passed> taken_within(storage::Transaction& t, const PolicyRule& rule, Instant after, Instant up_to) {
  std::vector<Rate::Passed> list;
  for (const auto& row : t.query(
           "SELECT stored_ms / 1000, COUNT(*) FROM bundle WHERE kind = $1 AND stored_ms > $2 AND stored_ms <= $3 AND "
           "sender = $4 AND destination = $5 AND NOT (state = 'ended' AND code <> '' AND ended_ms <= stored_ms) "
           "GROUP BY 1 ORDER BY 1",
           {rule.kind, to_unix_ms(after), to_unix_ms(up_to), rule.from, rule.to}))
    // At the end of its second, so that none is taken to be longer ago than it was.
    list.push_back({std::min(from_unix_ms((row.integer(0) + 1) * 1000), up_to), row.integer(1)});
  return list;
}

Sum sum_of(storage::Transaction& t, std::string_view sender, std::initializer_list<State> states) {
  Sum sum;
  t.gathered<Moves>().each(t, [&](std::string_view channel, std::string_view place, const Sum& one) {
    const bool wanted =
        std::any_of(states.begin(), states.end(), [&](const State state) { return place == to_text(state); });
    if (!wanted || channel.substr(0, channel.find('>')) != sender) return;
    sum.bundles += one.bundles;
    sum.bytes += one.bytes;
  });
  return sum;
}

std::optional<Entry> find(storage::Transaction& t, const std::string& id) {
  return first(select(t, "WHERE id = $1", {id}));
}

std::optional<Outline> outline(storage::Transaction& t, const std::string& id) {
  auto r = t.query_one(
      "SELECT outward, state, channel, destination, kind, size, manifest_digest, ended_ms, code FROM bundle WHERE id = "
      "$1",
      {id});
  if (!r) return {};
  Outline o;
  o.id = id;
  o.outward = r->integer(0) == 1;
  o.state = state_from_text(r->text(1)).value();
  o.channel = r->take_text(2);
  o.to = r->take_text(3);
  o.kind = r->take_text(4);
  o.size = r->integer(5);
  o.manifest_digest = r->take_blob(6);
  o.ended_ms = r->integer(7);
  o.code = r->take_text(8);
  return o;
}

bool is_here(storage::Transaction& t, const std::string& id) {
  return t.query_one("SELECT 1 FROM bundle WHERE id = $1", {id}).has_value();
}

bool is_outward(storage::Transaction& t, const std::string& id) {
  return t.query_one("SELECT 1 FROM bundle WHERE id = $1 AND outward = 1", {id}).has_value();
}

void insert(storage::Transaction& t, const Entry& e) {
  t.execute(
      "INSERT INTO bundle (" + std::string(kColumns) +
          ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, "
          "$22, $23, $24, $25, $26, $27)",
      {e.id,
       e.outward,
       to_text(e.state),
       e.channel,
       e.epoch,
       e.sequence,
       e.from,
       e.to,
       e.kind,
       e.subject,
       e.subject_sequence,
       e.priority,
       e.size,
       e.manifest_digest,
       e.previous_digest,
       e.manifest,
       e.signature,
       e.created_ms,
       e.expires_ms,
       e.stored_ms,
       e.delivery,
       e.offered,
       e.voyage,
       e.file,
       e.ended_ms,
       e.code,
       e.checksum});
  count_in(t, e, place_of(e));
}

void set_state(storage::Transaction& t, Outline& e, State state) {
  const auto before = place_of(e);
  e.state = state;
  count_from(t, e, before);
  t.execute("UPDATE bundle SET state = $2 WHERE id = $1", {e.id, to_text(state)});
}

void end(storage::Transaction& t, Outline& e, const std::string& code, std::int64_t at_ms) {
  const auto before = place_of(e);
  e.state = State::ended;
  e.code = code;
  e.ended_ms = at_ms;
  count_from(t, e, before);
  t.execute("UPDATE bundle SET state = 'ended', code = $2, ended_ms = $3 WHERE id = $1", {e.id, code, at_ms});
}

void become_ready(storage::Transaction& t, Entry& e) {
  e.delivery = state_value(t, "delivery") + 1;
  set_state_value(t, "delivery", e.delivery);
  e.state = State::ready;
}

void make_ready(storage::Transaction& t, Entry& e) {
  const auto before = place_of(e);
  become_ready(t, e);
  count_from(t, e, before);
  t.execute("UPDATE bundle SET state = 'ready', delivery = $2 WHERE id = $1", {e.id, e.delivery});
}

ChannelHead channel_head(storage::Transaction& t, const std::string& channel) {
  return t.gathered<Heads>().at(t, channel);
}

void set_channel_head(storage::Transaction& t, const std::string& channel, const Link& link) {
  t.gathered<Heads>().set(t, channel, {link.epoch, link.sequence, link.manifest_digest});
}

namespace {

void advance_from(storage::Transaction& t, const std::string& channel, const ChannelHead& before, ChannelHead head) {
  while (const auto row =
             t.query_one("SELECT manifest_digest FROM bundle WHERE channel = $1 AND epoch = $2 AND "
                         "sequence = $3",
                         {channel, std::int64_t{head.epoch}, static_cast<std::int64_t>(head.sequence + 1)})) {
    ++head.sequence;
    head.manifest_digest = digest_of(row->blob(0));
  }
  if (head.sequence != before.sequence)
    set_channel_head(t, channel, {head.epoch, head.sequence, {}, head.manifest_digest});
}

}  // namespace

void advance_over_present(storage::Transaction& t, const std::string& channel) {
  const auto head = channel_head(t, channel);
  advance_from(t, channel, head, head);
}

bool has_behind_gap(storage::Transaction& t, const std::string& channel) {
  const auto head = channel_head(t, channel);
  return t
      .query_one("SELECT 1 FROM bundle WHERE channel = $1 AND epoch = $2 AND sequence > $3 LIMIT 1",
                 {channel, std::int64_t{head.epoch}, static_cast<std::int64_t>(head.sequence)})
      .has_value();
}

void advance_over(storage::Transaction& t, const Entry& e) {
  const auto head = channel_head(t, e.channel);
  const auto sequence = static_cast<std::uint64_t>(e.sequence);
  const bool follows = e.epoch == head.epoch && sequence == head.sequence + 1;
  advance_from(t, e.channel, head, follows ? ChannelHead{head.epoch, sequence, digest_of(e.manifest_digest)} : head);
}

Neighbours neighbours(storage::Transaction& t, const Entry& e) {
  Neighbours n;
  const auto head = channel_head(t, e.channel);
  n.epoch = head.epoch;
  const auto sequence = static_cast<std::uint64_t>(e.sequence);
  // Old rows of the control channels are removed; the head remembers what stands before the next.
  if (head.sequence + 1 == sequence) n.before = head.manifest_digest;
  n.passed = sequence <= head.sequence;
  if (sequence == head.sequence) n.named = head.manifest_digest;
  for (const auto& row : t.query(
           "SELECT sequence, manifest_digest, previous_digest, id FROM bundle WHERE channel = $1 AND epoch = $2 AND "
           "sequence >= $3 AND sequence <= $4",
           {e.channel, e.epoch, e.sequence - 1, e.sequence + 1})) {
    if (row.integer(0) == e.sequence - 1) n.before = digest_of(row.blob(1));
    if (row.integer(0) == e.sequence + 1) n.named = digest_of(row.blob(2));
    if (row.integer(0) == e.sequence && row.text(3) != e.id) n.place_taken = true;
  }
  return n;
}

std::uint64_t last_delivered(storage::Transaction& t, const Entry& e) {
  const auto row = t.query_one("SELECT last FROM subject_order WHERE channel = $1 AND epoch = $2 AND subject = $3",
                               {e.channel, e.epoch, e.subject});
  return row ? static_cast<std::uint64_t>(row->integer(0)) : 0;
}

void set_last_delivered(storage::Transaction& t, const Entry& e) {
  const std::vector<storage::Value> values{e.channel, e.epoch, e.subject, e.subject_sequence};
  if (t.execute("UPDATE subject_order SET last = $4 WHERE channel = $1 AND epoch = $2 AND subject = $3", values) == 0)
    t.execute("INSERT INTO subject_order (channel, epoch, subject, last) VALUES ($1, $2, $3, $4)", values);
}

std::optional<Entry> next_of_subject(storage::Transaction& t, const Entry& e) {
  return first(select(t, "WHERE channel = $1 AND epoch = $2 AND subject = $3 AND subject_sequence = $4 AND outward = 0",
                      {e.channel, e.epoch, e.subject, e.subject_sequence + 1}));
}

std::vector<Lane> lanes(storage::Transaction& t) {
  std::vector<Lane> list;
  for (const auto& channel : t.query("SELECT name FROM channel ORDER BY name")) {
    // From kind to kind along the index, however many stand behind each.
    Lane lane{channel.text(0), ""};
    while (const auto row = t.query_one(
               "SELECT kind FROM bundle WHERE channel = $1 AND state = 'waiting' AND kind > $2 ORDER BY kind LIMIT 1",
               {lane.channel, lane.kind})) {
      lane.kind = row->text(0);
      list.push_back(lane);
    }
  }
  return list;
}

std::vector<Waiting> to_carry(storage::Transaction& t, const std::vector<Lane>& lanes, bool unloaded_only,
                              std::int64_t limit, Choice choice) {
  constexpr std::string_view columns =
      "SELECT id, size, offered, priority, stored_ms, sequence, file FROM bundle WHERE channel = $1 AND kind = $2 AND "
      "state = 'waiting' AND priority >= $5 AND priority <= $4";
  constexpr std::string_view in_order = " ORDER BY priority, stored_ms, sequence LIMIT $3";
  std::vector<std::string_view> places{unloaded_only ? " AND voyage = 0" : ""};
  if (unloaded_only && choice.marked_too) places.push_back(" AND voyage < 0");
  std::vector<std::pair<std::array<std::int64_t, 3>, Waiting>> found;
  for (const auto& lane : lanes)
    for (const auto place : places)
      for (const auto& row : t.query(std::string(columns).append(place).append(in_order),
                                     {lane.channel, lane.kind, limit, choice.least_urgent, choice.most_urgent}))
        found.push_back(
            {{choice.oldest_first ? 0 : row.integer(3), row.integer(4), row.integer(5)},
             {row.text(0), row.integer(1), row.integer(2) == 1, lane.channel, row.integer(3), row.text(6)}});
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Waiting> list;
  for (auto& [order, one] : found)
    if (static_cast<std::int64_t>(list.size()) < limit) list.push_back(std::move(one));
  return list;
}

std::vector<Lane> ready_lanes(storage::Transaction& t, const std::string& to) {
  std::vector<Lane> list;
  Lane lane;
  // From one to the next along the index, however many stand behind each.
  while (const auto row = t.query_one(
             "SELECT channel, kind FROM bundle WHERE state = 'ready' AND destination = $1 AND (channel, kind) > ($2, "
             "$3) ORDER BY channel, kind LIMIT 1",
             {to, lane.channel, lane.kind})) {
    lane = {row->text(0), row->text(1)};
    list.push_back(lane);
  }
  return list;
}

std::vector<Entry> deliveries(storage::Transaction& t, const std::string& to, const std::vector<Lane>& lanes,
                              std::int64_t after, std::int64_t limit) {
  std::vector<Entry> list;
  auto before = std::numeric_limits<std::int64_t>::max();
  for (const auto& lane : lanes) {
    for (auto& one : select(t,
                            "WHERE state = 'ready' AND destination = $1 AND channel = $2 AND kind = $3 AND delivery > "
                            "$4 AND delivery < $5 ORDER BY delivery LIMIT $6",
                            {to, lane.channel, lane.kind, after, before, limit}))
      list.push_back(std::move(one));
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.delivery < b.delivery; });
    if (static_cast<std::int64_t>(list.size()) < limit) continue;
    list.resize(static_cast<std::size_t>(limit));
    before = list.back().delivery;
  }
  return list;
}

std::vector<std::string> ready_before(storage::Transaction& t, const Entry& e) {
  std::vector<std::string> kinds;
  for (const auto& row : t.query("SELECT DISTINCT kind FROM bundle WHERE channel = $1 AND epoch = $2 AND subject = $3 "
                                 "AND subject_sequence < $4 AND state = 'ready'",
                                 {e.channel, e.epoch, e.subject, e.subject_sequence}))
    kinds.push_back(row.text(0));
  return kinds;
}

std::vector<Entry> early(storage::Transaction& t, std::int64_t after_ms, const std::string& after, std::int64_t limit) {
  return select(t,
                "WHERE state <> 'ended' AND state = 'early' AND kind <> 'receipts' AND (stored_ms, id) > ($1, $2) "
                "ORDER BY stored_ms, id LIMIT $3",
                {after_ms, after, limit});
}

std::vector<Entry> unverified(storage::Transaction& t, std::int64_t after_ms, const std::string& after,
                              std::int64_t limit) {
  return select(t,
                "WHERE state = 'early' AND kind = 'receipts' AND (stored_ms, id) > ($1, $2) ORDER BY stored_ms, id "
                "LIMIT $3",
                {after_ms, after, limit});
}

std::vector<Unverified> unverified_by_code(storage::Transaction& t) {
  std::vector<Unverified> list;
  for (const auto& row : t.query("SELECT code, COUNT(*), MIN(stored_ms) FROM bundle WHERE state = 'early' AND kind = "
                                 "'receipts' GROUP BY code ORDER BY code"))
    list.push_back({row.text(0), row.integer(1), row.integer(2)});
  return list;
}

void set_unverified(storage::Transaction& t, const std::string& id, const std::string& code) {
  t.execute("UPDATE bundle SET code = $2 WHERE id = $1", {id, code});
}

std::vector<Entry> quarantined(storage::Transaction& t, std::int64_t limit) {
  return select(t, "WHERE state = 'ended' AND ended_ms = 0 ORDER BY stored_ms, id LIMIT $1", {limit});
}

std::int64_t quarantined_count(storage::Transaction& t) {
  const auto placed = t.query_one(
      "SELECT COUNT(*) FROM (SELECT 1 FROM bundle WHERE state = 'ended' AND ended_ms = 0 LIMIT 10000) AS some");
  return placed->integer(0) + t.query_one("SELECT COUNT(*) FROM stray")->integer(0);
}

std::vector<std::string> channels_from(storage::Transaction& t, const std::string& sender) {
  std::vector<std::string> list;
  for (const auto& row : t.query("SELECT name FROM channel ORDER BY name"))
    if (row.text(0).starts_with(sender + ">")) list.push_back(row.text(0));
  return list;
}

void carry_again(storage::Transaction& t, Entry& e) {
  if (e.state == State::ended) {
    t.execute("UPDATE receipt SET to_send = 1 WHERE bundle_id = $1 AND rung >= 7", {e.id});
    return;
  }
  if (e.state == State::carried) set_state(t, e, State::waiting);
  t.execute("UPDATE bundle SET voyage = 0 WHERE id = $1", {e.id});
}

std::vector<Entry> between(storage::Transaction& t, const std::string& channel, std::int64_t epoch, std::int64_t first,
                           std::int64_t last, std::int64_t limit) {
  return select(t, "WHERE channel = $1 AND epoch = $2 AND sequence >= $3 AND sequence <= $4 ORDER BY sequence LIMIT $5",
                {channel, epoch, first, last, limit});
}

std::vector<Entry> out_of_time(storage::Transaction& t, std::int64_t now_ms, std::int64_t limit,
                               const std::vector<StoredAfter>& but_not, std::int64_t not_before_ms) {
  std::string sql =
      "WHERE state <> 'ended' AND state <> 'carried' AND offered = 0 AND expires_ms <= $1 AND kind <> 'receipts' AND "
      "(outward = 1 OR created_ms >= $3) AND NOT (state = 'ready' AND EXISTS (SELECT 1 FROM receipt r WHERE "
      "r.bundle_id = bundle.id AND r.rung = 6))";
  std::vector<storage::Value> values{now_ms, limit, not_before_ms};
  for (const auto& one : but_not) {
    sql += " AND NOT (channel = $" + std::to_string(values.size() + 1) + " AND stored_ms > $" +
           std::to_string(values.size() + 2) + ")";
    values.emplace_back(one.channel);
    values.emplace_back(one.stored_ms);
  }
  return select(t, sql + " LIMIT $2", values);
}

void put_small(storage::Transaction& t, const std::string& id, BytesView bundle) {
  // Its row in the other table may have been lost without these.
  t.execute("INSERT INTO bundle_bytes (id, bundle) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET bundle = $2",
            {id, bundle});
}

void replace_bytes(storage::Transaction& t, const Entry& e, BytesView bundle) {
  t.execute("DELETE FROM bundle_bytes WHERE id = $1", {e.id});
  t.execute("UPDATE bundle SET file = $2, checksum = $3, bytes_missed_ms = 0 WHERE id = $1",
            {e.id, e.file, e.checksum});
  if (e.file.empty()) put_small(t, e.id, bundle);
}

std::int64_t bytes_missed_ms(storage::Transaction& t, const std::string& id) {
  const auto row = t.query_one("SELECT bytes_missed_ms FROM bundle WHERE id = $1", {id});
  return row ? row->integer(0) : 0;
}

void set_bytes_missed(storage::Transaction& t, const std::string& id, std::int64_t at_ms) {
  t.execute(
      "UPDATE bundle SET bytes_missed_since_ms = CASE WHEN bytes_missed_ms = 0 THEN $2 ELSE bytes_missed_since_ms END, "
      "bytes_missed_ms = $2 WHERE id = $1",
      {id, at_ms});
}

std::optional<std::int64_t> first_missed(storage::Transaction& t, const std::string& channel) {
  const auto row = t.query_one(
      "SELECT MIN(sequence) FROM bundle WHERE bytes_missed_ms > 0 AND outward = 1 AND state = 'waiting' AND channel = "
      "$1",
      {channel});
  return row && !row->is_null(0) ? std::optional(row->integer(0)) : std::nullopt;
}

Unreadable unreadable(storage::Transaction& t, std::int64_t since_ms) {
  Unreadable found;
  for (auto& row : t.query("SELECT id, bytes_missed_since_ms FROM bundle WHERE bytes_missed_ms > 0 AND bytes_missed_ms "
                           ">= $1 AND outward = 1 AND state = 'waiting' ORDER BY bytes_missed_ms LIMIT $2",
                           {since_ms, kUnreadableCounted})) {
    if (found.bundles++ > 0 && row.integer(1) >= found.since_ms) continue;
    found.first = row.take_text(0);
    found.since_ms = row.integer(1);
  }
  return found;
}

std::optional<Bytes> small(storage::Transaction& t, const std::string& id) {
  auto row = t.query_one("SELECT bundle FROM bundle_bytes WHERE id = $1", {id});
  if (!row) return {};
  return row->take_blob(0);
}

std::string remove_bytes(storage::Transaction& t, const std::string& after, const std::string& before,
                         std::int64_t ended_up_to_ms) {
  constexpr std::int64_t at_once = 5'000;
  const auto page = t.query_one(
      "SELECT COUNT(*), COALESCE(MAX(id), '') FROM (SELECT id FROM bundle_bytes WHERE id > $1 AND id < $2 ORDER BY id "
      "LIMIT $3) AS page",
      {after, before, at_once});
  t.execute(
      "DELETE FROM bundle_bytes WHERE id > $1 AND id <= $2 AND EXISTS (SELECT 1 FROM bundle b WHERE b.id = "
      "bundle_bytes.id AND b.state = 'ended' AND b.ended_ms > 0 AND b.ended_ms <= $3)",
      {after, page->text(1), ended_up_to_ms});
  return page->integer(0) < at_once ? "" : page->text(1);
}

namespace {

std::vector<VoyageRow> select_voyages(storage::Transaction& t, std::string_view rest,
                                      const storage::Parameters& parameters) {
  std::vector<VoyageRow> list;
  const auto sql =
      "SELECT direction, id, number, at_ms, bundles, bytes, damaged, code, sender, signer, detail, manifest_sha256, "
      "dismissed_ms FROM voyage " +
      std::string(rest);
  for (const auto& r : t.query(sql, parameters))
    list.push_back({r.text(0), r.text(1), r.integer(2), r.integer(3), r.integer(4), r.integer(5), r.integer(6),
                    r.text(7), r.text(8), r.text(9), r.text(10), r.text(11), r.integer(12)});
  return list;
}

}  // namespace

void put_voyage(storage::Transaction& t, const VoyageRow& v) {
  // One that came damaged, or could not be read, and then whole is whole.
  if (v.direction == "unloaded") t.execute("DELETE FROM voyage WHERE direction = 'refused' AND id = $1", {v.id});
  if (t.query_one("SELECT 1 FROM voyage WHERE direction = $1 AND id = $2", {v.direction, v.id})) {
    t.execute(
        "UPDATE voyage SET bundles = $3, bytes = $4, damaged = $5, code = $6 WHERE direction = $1 AND id = $2 AND "
        "damaged "
        "> $5",
        {v.direction, v.id, v.bundles, v.bytes, v.damaged, v.code});
    // Whoever brings it again after it was dismissed is told of anew.
    if (v.direction == "refused")
      t.execute(
          "UPDATE voyage SET at_ms = $2, code = $3, sender = $4, signer = $5, detail = $6, manifest_sha256 = $7, "
          "dismissed_ms = 0 WHERE direction = 'refused' AND id = $1 AND dismissed_ms > 0",
          {v.id, v.at_ms, v.code, v.sender, v.signer, v.detail, v.manifest_sha256});
    return;
  }
  t.execute(
      "INSERT INTO voyage (direction, id, number, at_ms, bundles, bytes, damaged, code, sender, signer, detail, "
      "manifest_sha256, dismissed_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)",
      {v.direction, v.id, v.number, v.at_ms, v.bundles, v.bytes, v.damaged, v.code, v.sender, v.signer, v.detail,
       v.manifest_sha256});
}

std::vector<VoyageRow> voyages(storage::Transaction& t, std::int64_t limit) {
  return select_voyages(t, "ORDER BY at_ms DESC, number DESC LIMIT $1", {limit});
}

std::vector<VoyageRow> damaged_voyages(storage::Transaction& t, std::int64_t since_ms) {
  return select_voyages(t, "WHERE at_ms >= $1 AND code <> '' AND dismissed_ms = 0 ORDER BY at_ms DESC LIMIT 100",
                        {since_ms});
}

std::vector<VoyageRow> refused_voyages(storage::Transaction& t, std::int64_t limit) {
  return select_voyages(t, "WHERE direction = 'refused' AND dismissed_ms = 0 ORDER BY at_ms, id LIMIT $1", {limit});
}

bool knows_refused(storage::Transaction& t, const std::string& id) {
  return t.query_one("SELECT 1 FROM voyage WHERE direction = 'refused' AND id = $1", {id}).has_value();
}

std::int64_t refused_count(storage::Transaction& t) {
  return t.query_one("SELECT COUNT(*) FROM voyage WHERE direction = 'refused' AND dismissed_ms = 0")->integer(0);
}

std::optional<VoyageRow> refused_voyage(storage::Transaction& t, const std::string& id) {
  auto found = select_voyages(t, "WHERE direction = 'refused' AND id = $1 AND dismissed_ms = 0", {id});
  if (found.empty()) return {};
  return std::move(found.front());
}

void dismiss_voyage(storage::Transaction& t, const std::string& id, std::int64_t at_ms) {
  t.execute("UPDATE voyage SET dismissed_ms = $2 WHERE direction = 'refused' AND id = $1", {id, at_ms});
}

TakenIn taken_in(storage::Transaction& t) {
  constexpr std::int64_t newest = 100;
  const auto rows =
      t.query("SELECT number, at_ms FROM voyage WHERE direction = 'unloaded' ORDER BY number DESC LIMIT $1", {newest});
  TakenIn taken;
  std::int64_t above = 0;
  for (const auto& row : rows) {
    const auto number = row.integer(0);
    if (row.integer(1) > taken.at_ms) taken = {number, row.integer(1), std::move(taken.absent)};
    for (auto one = above - 1; one > number && static_cast<std::int64_t>(taken.absent.size()) < newest; --one)
      taken.absent.push_back(one);
    above = number;
  }
  std::reverse(taken.absent.begin(), taken.absent.end());
  return taken;
}

std::int64_t on_voyages(storage::Transaction& t) {
  return t
      .query_one(
          "SELECT COUNT(*) FROM (SELECT 1 FROM bundle WHERE state = 'waiting' AND voyage > 0 AND kind <> 'receipts' "
          "LIMIT $1) AS some",
          {kOnVoyagesCounted})
      ->integer(0);
}

std::int64_t unreceipted(storage::Transaction& t, std::int64_t voyage) {
  return t
      .query_one(
          "SELECT COUNT(*) FROM bundle WHERE state = 'waiting' AND voyage > 0 AND voyage = $1 AND kind <> 'receipts'",
          {voyage})
      ->integer(0);
}

std::int64_t state_value(storage::Transaction& t, const std::string& name) { return t.gathered<States>().at(t, name); }

void set_state_value(storage::Transaction& t, const std::string& name, std::int64_t value) {
  t.gathered<States>().set(name, value);
}

}  // namespace jindu::gateway::store
