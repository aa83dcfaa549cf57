// A unit whose journal is older than what it has signed and given out: how it finds that out, begins a new epoch, and
// gets back what it has forgotten. docs/decisions/005-restored-units.md says why it is done so.
#include <jindu/v1/epoch.pb.h>

#include "common/runtime/messages.hpp"
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {
namespace {

constexpr std::int64_t kCarriedNamed = 2'000;    // of a channel in what is said every minute
constexpr std::int64_t kOpenNamed = 8'000;       // of a channel in one question
constexpr std::int64_t kRememberedMax = 20'000;  // of a channel in one answer
constexpr std::int64_t kAskedPage = 200;
constexpr std::size_t kPartBytes = 40 * 1024;  // a statement has at most 64 KiB
constexpr std::size_t kStandingsMax = 64;
constexpr std::int64_t kVoyagesUnderWay = 100;
constexpr std::chrono::seconds kSeenToldAgain{5}, kSeenToldAnyway{60};
// Of what was made before a restoration a unit does not know whether it has given it to its service.
constexpr const char* kForgottenBefore = "forgotten_before_ms";
constexpr const char* kSeenTold = "seen_told_ms";
// The sequence of what is here and contradicts another control bundle, until the other unit is told of it.
constexpr const char* kSeenOwed = "seen_owed";
// Something was told of what is not known here yet.
constexpr const char* kUnknownTold = "unknown_told";
// While it is not 0, our service is rightly ahead of us: what it says of bundles that are not here is from before a
// restoration. It is one more than the sequence up to which it has said so, and over when we have that again, not when
// the service begins to hand over again: questions and bundles from before may still come then.
constexpr const char* kServiceAhead = "service_ahead";
// Is added to the numbers of receipts that our service is told, so that none comes twice with another meaning.
constexpr const char* kReceiptOffset = "receipt_offset";
// From which place of the own control channel on the question what is remembered has been told.
constexpr const char* kAskedAt = "recall_asked_at";
// The newest epoch of the own control channel that the other unit has shown to know.
constexpr const char* kEpochConfirmed = "epoch_confirmed";
// Where the newest question stood that the other unit, which had forgotten, was answered, and the first and the last
// statement of the answer.
constexpr const char* kAnsweredAt = "recall_answered_at";
constexpr const char* kAnswerFirst = "recall_answer_first";
constexpr const char* kAnswerLast = "recall_answer_last";
// Which restoration the other unit, and our service, have told all they remember for.
constexpr const char* kPeerTold = "peer_told";
constexpr const char* kServiceTold = "service_told";

// Also when it was told by a clock that was ahead.
bool has_passed(std::chrono::milliseconds time, std::int64_t since_ms, Instant now) {
  return since_ms > to_unix_ms(now) || to_unix_ms(now - time) >= since_ms;
}

jindu::v1::Remembered remembered(storage::Transaction& t, const store::Entry& e) {
  jindu::v1::Remembered one;
  one.set_manifest(e.manifest.data(), e.manifest.size());
  one.set_signature(e.signature.data(), e.signature.size());
  for (const auto& receipt : store::receipts_of(t, e)) one.add_receipts(receipt.data(), receipt.size());
  return one;
}

// Where in an answer a new part begins.
class Portions {
 public:
  bool is_next(std::size_t bytes) {
    const bool next = bytes_ > 0 && bytes_ + bytes > kPartBytes;
    bytes_ = next ? bytes : bytes_ + bytes;
    return next;
  }

 private:
  std::size_t bytes_ = 0;
};

// All that is asked for, one after another. Gives whether there is more than fits into one answer.
template <class Use>
bool each_asked(storage::Transaction& t, const std::vector<const jindu::v1::Standing*>& asked, const Use& use) {
  bool more = false;
  for (const auto* standing : asked) {
    const auto& channel = standing->channel();
    const auto head = static_cast<std::int64_t>(standing->head());
    for (const auto place : standing->open()) {
      const auto sequence = static_cast<std::int64_t>(std::min<std::uint64_t>(place, kSequenceMax));
      if (sequence == 0 || sequence > head) continue;
      for (auto& e : store::between(t, channel, standing->epoch(), sequence, sequence, 1)) use(*standing, e);
    }
    auto left = kRememberedMax;
    for (auto from = head + 1; left > 0;) {
      auto page = store::between(t, channel, standing->epoch(), from, kSequenceMax, std::min(kAskedPage, left));
      if (page.empty()) break;
      for (auto& e : page) use(*standing, e);
      left -= static_cast<std::int64_t>(page.size());
      from = page.back().sequence + 1;
    }
    more = more || left == 0;
  }
  return more;
}

bool is_sound_place(std::uint64_t epoch, std::uint64_t sequence) {
  return epoch >= 1 && epoch <= kEpochMax && sequence < kSequencesOfEpoch;
}

}  // namespace

Error restored_error() {
  return {Fault::unavailable, "unit.restored",
          "this unit was restored from an older copy of its journal; until two operators have approved a new epoch and "
          "the other unit has answered, nothing is taken, delivered or sent"};
}

void Unit::found_restored(storage::Transaction& t, const Found& found) {
  auto r = store::open_restoration(t);
  if (r.recovery() == store::Recovery::halted) {
    if (found.known <= r.known) return;
    r.known = found.known;
    return store::put_restoration(t, r);
  }
  if (r.recovery() == store::Recovery::healing) {
    // A late word about what is over; or the other side knows of later epochs than those who approved could see.
    if (found.known <= position_of(store::channel_head(t, control_channel()))) return;
    return begin_later_epoch(t, r, found.known);
  }
  store::put_restoration(
      t, {.found_ms = to_unix_ms(now()), .code = found.code, .detail = found.detail, .known = found.known});
  log::error("unit.restored", {{"code", found.code}, {"detail", found.detail}});
}

// The other unit has our control bundles up to a place.
void Unit::control_arrived(storage::Transaction& t, std::uint64_t position) {
  const auto head = store::channel_head(t, control_channel());
  if (position > position_of(head))
    return found_restored(
        t, {"restored.control",
            "the other unit has control bundles up to epoch " + std::to_string(epoch_at(position)) + ", sequence " +
                std::to_string(position % kSequencesOfEpoch) + "; this journal knows of none behind epoch " +
                std::to_string(head.epoch) + ", sequence " + std::to_string(head.sequence),
            position});
  if (epoch_at(position) == head.epoch && !is_epoch_confirmed(t, head)) {
    // Asked for the word that shows it, once for each word that does not.
    if (has_passed(kSeenToldAgain, store::state_value(t, kSeenTold), now())) store::set_state_value(t, kHello, 1);
    return;
  }
  store::end_control_up_to(t, control_channel(), position, to_unix_ms(now()));
}

// Two restorations of one unit, of which the other has heard of one alone, may begin epochs of the same number. A place
// says nothing then; only the digest of a bundle in it, in the other unit's word Seen, shows that it means ours.
bool Unit::is_epoch_confirmed(storage::Transaction& t, const ChannelHead& head) {
  return head.epoch == 1 || store::state_value(t, kEpochConfirmed) == static_cast<std::int64_t>(head.epoch);
}

// The other unit did not take a control bundle because it has another one in that place.
void Unit::control_refused(storage::Transaction& t, const store::Entry& entry) {
  const auto head = store::channel_head(t, control_channel());
  // One of an epoch that is over says nothing any more.
  if (entry.channel != control_channel() || entry.epoch != static_cast<std::int64_t>(head.epoch)) return;
  found_restored(t, {"restored.control", "the other unit has another control bundle in the place of " + entry.id,
                     position_of(head) + 1});
}

Bytes Unit::say_seen(storage::Transaction& t, bool asks) {
  const auto channel = exchange::channel_of(options_.peer, options_.name);
  const auto head = store::channel_head(t, channel);
  jindu::v1::Seen seen;
  seen.set_version(1);
  seen.set_unit(options_.name);
  seen.set_channel(channel);
  seen.set_epoch(head.epoch);
  seen.set_sequence(head.sequence);
  seen.set_manifest_digest(head.manifest_digest.data(), head.manifest_digest.size());
  const auto owed = store::state_value(t, kSeenOwed);
  if (const auto contradicts = store::digest_at(t, channel, head.epoch, owed)) {
    seen.set_sequence(static_cast<std::uint64_t>(owed));
    seen.set_manifest_digest(contradicts->data(), contradicts->size());
  }
  seen.set_asks(asks);
  const auto own = store::channel_head(t, control_channel());
  auto& confirmed = *seen.mutable_confirmed();
  confirmed.set_channel(control_channel());
  confirmed.set_epoch(own.epoch);
  const auto newest_own = store::newest_ended(t, control_channel(), own.epoch);
  confirmed.set_head(static_cast<std::uint64_t>(newest_own));
  const auto open = store::waiting_control(t, control_channel(), own.epoch, kCarriedNamed);
  for (const auto sequence : open)
    if (sequence < newest_own) confirmed.add_open(static_cast<std::uint64_t>(sequence));
  seen.set_confirmed_but_open(static_cast<std::int64_t>(open.size()) < kCarriedNamed);
  for (const auto& name : store::channels_from(t, options_.service)) {
    const auto epoch = store::channel_head(t, name).epoch;
    const auto newest = store::newest_taken_by(t, name, epoch, options_.peer);
    if (newest == 0) continue;
    auto& taken = *seen.add_taken();
    taken.set_channel(name);
    taken.set_epoch(epoch);
    taken.set_head(static_cast<std::uint64_t>(newest));
    for (const auto sequence : store::carried_sequences(t, name, epoch, kCarriedNamed))
      taken.add_open(static_cast<std::uint64_t>(sequence));
  }
  store::set_state_value(t, kSeenTold, to_unix_ms(now()));
  store::set_state_value(t, kSeenOwed, 0);
  return evidence::sign_statement(kSeenType, encode(seen), signer_);
}

// Which of those that we have given a receipt of custody for is not here.
std::optional<std::uint64_t> Unit::lacks_taken(storage::Transaction& t, const jindu::v1::Standing& taken) const {
  if (!taken.channel().ends_with(">" + options_.service) || taken.open_size() > kOpenNamed) return {};
  const auto lacks = [&](std::uint64_t sequence) {
    return sequence > 0 && sequence <= static_cast<std::uint64_t>(kSequenceMax) &&
           !store::digest_at(t, taken.channel(), taken.epoch(), static_cast<std::int64_t>(sequence));
  };
  if (lacks(taken.head())) return taken.head();
  const auto found = std::find_if(taken.open().begin(), taken.open().end(), lacks);
  if (found == taken.open().end()) return {};
  return *found;
}

void Unit::apply_seen(storage::Transaction& t, const jindu::v1::Seen& seen) {
  if (seen.version() != 1 || seen.unit() != options_.peer || seen.channel() != control_channel() ||
      !is_sound_place(seen.epoch(), seen.sequence()) || seen.manifest_digest().size() != 32 ||
      static_cast<std::size_t>(seen.taken_size()) > kStandingsMax)
    return;
  if (seen.asks()) store::tell_peer(t, say_seen(t, false));
  const auto position = position_of(seen.epoch(), seen.sequence());
  const auto head = store::channel_head(t, control_channel());
  if (position > position_of(head)) return control_arrived(t, position);
  // Before what a unit that is healing lacks in any case: only this shows that it has forgotten again.
  const auto mine = seen.epoch() == head.epoch
                        ? store::digest_at(t, control_channel(), head.epoch, static_cast<std::int64_t>(seen.sequence()))
                        : std::nullopt;
  if (mine && text_of(*mine) != seen.manifest_digest())
    return found_restored(t,
                          {"restored.control",
                           "the other unit has another control bundle with sequence " + std::to_string(seen.sequence()),
                           position_of(head) + 1});
  if (mine && seen.sequence() > 0 && !is_epoch_confirmed(t, head))
    store::set_state_value(t, kEpochConfirmed, static_cast<std::int64_t>(head.epoch));
  // What it lacks of custody and of what it has read comes with the answer.
  if (auto r = store::open_restoration(t); r.recovery() == store::Recovery::healing) return ask_again(t, r, position);
  std::set<std::string_view> looked_at;
  for (const auto& one : seen.taken())
    if (const auto lacks = looked_at.insert(one.channel()).second ? lacks_taken(t, one) : std::nullopt)
      return found_restored(
          t, {"restored.custody", "the other unit has a receipt of ours for sequence " + std::to_string(*lacks) +
                                      " of " + one.channel() + ", which is not in this journal"});
  const auto theirs = exchange::channel_of(options_.peer, options_.name);
  const auto read = store::channel_head(t, theirs);
  const auto& confirmed = seen.confirmed();
  if (confirmed.channel() != theirs || !is_sound_place(confirmed.epoch(), confirmed.head()) ||
      static_cast<std::size_t>(confirmed.open_size()) > kOpenNamed ||
      position_of(confirmed.epoch(), confirmed.head()) <= position_of(read) || confirmed.head() == 0)
    return;
  // The newest, or what is missing before it, unless that is still under way: they may overtake each other.
  std::optional<std::uint64_t> lacks;
  if (!store::digest_at(t, theirs, confirmed.epoch(), static_cast<std::int64_t>(confirmed.head())))
    lacks = confirmed.head();
  else if (seen.confirmed_but_open() && confirmed.epoch() == read.epoch &&
           std::find(confirmed.open().begin(), confirmed.open().end(), read.sequence + 1) == confirmed.open().end())
    lacks = read.sequence + 1;
  if (lacks)
    found_restored(t, {"restored.read", "we have confirmed control bundle " + std::to_string(*lacks) +
                                            " of the other unit, and it is not in this journal"});
}

// A unit that was restored once more while it healed may have had its answer, and have confirmed it, before it lost it
// again. The answer to a question which the other unit had when it gave this word stands before the word: whoever has
// the word without the answer waits for nothing. At worst they overtook each other, and the answer comes twice.
void Unit::ask_again(storage::Transaction& t, store::Restoration& r, std::uint64_t seen_up_to) {
  if (store::state_value(t, kPeerTold) == r.number ||
      seen_up_to < static_cast<std::uint64_t>(store::state_value(t, kAskedAt)))
    return;
  ask_anew(t, r);
}

void Unit::ask_anew(storage::Transaction& t, store::Restoration& r) {
  store::forget_recalled_parts(t, r.number);
  r.recall = ask_recall(t);
  store::put_restoration(t, r);
}

// Whether a control bundle of the other unit may stand where it says. A new epoch begins with its approval; what stands
// in a place that another one has comes from a unit that has forgotten, and hears so.
bool Unit::control_may_stand(storage::Transaction& t, Custody& custody, const store::Entry& e, const Bytes* approval) {
  auto head = store::channel_head(t, e.channel);
  if (e.epoch > static_cast<std::int64_t>(head.epoch) && approval != nullptr && begin_epoch_of_peer(t, e, *approval))
    head = store::channel_head(t, e.channel);
  const bool before = e.epoch < static_cast<std::int64_t>(head.epoch);
  const bool taken = e.epoch == static_cast<std::int64_t>(head.epoch) &&
                     store::digest_at(t, e.channel, e.epoch, e.sequence).has_value();
  if (!before && !taken) return true;
  other_side_forgot(t, custody, e);
  return false;
}

bool Unit::begin_epoch_of_peer(storage::Transaction& t, const store::Entry& e, BytesView approval) {
  jindu::v1::Epoch epoch;
  if (!parse_message(approval, epoch).has_value() || epoch.version() != 1 || epoch.unit() != options_.peer ||
      epoch.channel() != e.channel || epoch.epoch() != e.epoch || epoch.epoch() > kEpochMax)
    return false;
  std::set<std::string_view> people;
  std::string names;
  for (const auto& who : epoch.approved_by())
    if (people.insert(person(who)).second) names += (names.empty() ? "" : ", ") + who;
  if (people.size() < kApprovals) return false;
  // Told later, to a unit that has forgotten it, it does not stand in the first bundle; what stood before is told anew.
  store::set_channel_head(
      t, e.channel, {epoch.epoch(), static_cast<std::uint64_t>(e.sequence) - 1, {}, digest_of(e.previous_digest)});
  store::log_act(t, {0, to_unix_ms(now()), options_.peer, "epoch", e.channel + " " + std::to_string(epoch.epoch()),
                     "approved there by " + names + ": " + epoch.reason().substr(0, 1000)});
  store::forget_open_comparisons(t, options_.service);
  // It may have forgotten our own epoch as well, and the question that we are waiting for the answer of. What it had
  // not told of receipts it tells when asked.
  const auto own = store::channel_head(t, control_channel());
  if (const auto begun = own.epoch > 1 ? store::restoration_of_epoch(t, own.epoch) : std::nullopt)
    store::tell_peer(t, begun->statement);
  auto question = ask_recall(t);
  if (auto r = store::open_restoration(t); r.recovery() == store::Recovery::healing) {
    store::forget_recalled_parts(t, r.number);
    r.recall = std::move(question);
    store::put_restoration(t, r);
  }
  log::warn("unit.other_side_restored", {{"channel", e.channel}, {"epoch", epoch.epoch()}});
  return true;
}

result<Unit::Decided> Unit::approve_epoch(const std::string& who, const std::string& reason) {
  Decided decided{false, 0, kApprovals};
  auto ok = journal_.write([&](storage::Transaction& t) {
    auto r = store::open_restoration(t);
    if (r.recovery() != store::Recovery::halted)
      throw ErrorException({Fault::conflict, "epoch.not_due", "nothing is halted here that a new epoch would end"});
    std::vector<std::string> names;
    for (const auto& vote : store::epoch_votes(t, r.number)) {
      if (person(vote.who) == person(who))
        throw ErrorException(
            {Fault::conflict, "epoch.said_already", "you have approved it already; another person must agree"});
      names.push_back(vote.who);
    }
    names.push_back(who);
    store::put_epoch_vote(t, r.number, {who, "epoch", to_unix_ms(now()), reason});
    const auto head = store::channel_head(t, control_channel());
    const auto epoch = std::max(head.epoch, epoch_at(r.known)) + 1;
    store::log_act(t, {0, to_unix_ms(now()), who, "epoch", control_channel() + " " + std::to_string(epoch), reason});
    decided = {names.size() >= kApprovals, names.size(), kApprovals};
    if (!decided.done) return;
    if (epoch > kEpochMax)
      throw ErrorException({Fault::conflict, "epoch.too_many", "there are no more epochs for this channel"});
    begin_epoch(t, r, epoch, names, reason);
  });
  if (!ok) return ok.error();
  for_carrier_.tell();
  return decided;
}

void Unit::begin_epoch(storage::Transaction& t, store::Restoration& r, std::uint32_t epoch,
                       const std::vector<std::string>& approved_by, const std::string& reason) {
  const auto at = to_unix_ms(now());
  jindu::v1::Epoch statement;
  statement.set_version(1);
  statement.set_unit(options_.name);
  statement.set_channel(control_channel());
  statement.set_epoch(epoch);
  statement.set_at_ms(at);
  for (const auto& who : approved_by) statement.add_approved_by(who);
  statement.set_reason(reason);
  store::begin_epoch(t, control_channel(), epoch, at);
  store::forget_open_comparisons(t, options_.service);
  // Numbers of voyages that the other side has read, or that are under way to it, are not given out again.
  const auto voyages = std::max(store::state_value(t, "voyage"), store::state_value(t, "peer_read"));
  if (voyages > 0) store::set_state_value(t, "voyage", voyages + kVoyagesUnderWay);
  store::set_state_value(t, kForgottenBefore, at);
  store::set_state_value(t, kServiceAhead, std::max(store::state_value(t, kServiceAhead), std::int64_t{1}));
  // What they told a unit that was healing and then restored once more is forgotten with it.
  store::set_state_value(t, kPeerTold, 0);
  store::set_state_value(t, kServiceTold, 0);
  r.epoch = epoch;
  r.approved_ms = at;
  r.statement = evidence::sign_statement(kEpochType, encode(statement), signer_);
  r.recall = ask_recall(t);
  store::put_restoration(t, r);
  log::warn("unit.new_epoch", {{"channel", control_channel()}, {"epoch", epoch}});
}

// With the same approval: it was of a new epoch, whatever its number.
void Unit::begin_later_epoch(storage::Transaction& t, store::Restoration& r, std::uint64_t known) {
  const auto epoch = std::max<std::uint32_t>(epoch_at(known), store::channel_head(t, control_channel()).epoch) + 1;
  if (epoch > kEpochMax) return;
  std::vector<std::string> names;
  std::string reason;
  for (const auto& vote : store::epoch_votes(t, r.number)) {
    names.push_back(vote.who);
    reason = vote.reason;
  }
  store::log_act(t, {0, to_unix_ms(now()), options_.name, "epoch", control_channel() + " " + std::to_string(epoch),
                     "the other unit knows of a later epoch than the one that was approved"});
  store::forget_recalled_parts(t, r.number);
  r.known = known;
  begin_epoch(t, r, epoch, names, reason);
}

// Asks the other unit what it knows of all that is open here and of everything behind it; gives the question's digest.
Bytes Unit::ask_recall(storage::Transaction& t) {
  jindu::v1::Recall recall;
  recall.set_version(1);
  recall.set_unit(options_.name);
  recall.set_at_ms(to_unix_ms(now()));
  std::set<std::string> names;
  for (auto& name : channels()) names.insert(std::move(name));
  for (auto& name : store::channel_names(t))
    if (name.starts_with(options_.service + ">") || name.ends_with(">" + options_.service))
      names.insert(std::move(name));
  for (const auto& name : names) {
    const auto head = store::channel_head(t, name);
    auto& standing = *recall.add_standings();
    standing.set_channel(name);
    standing.set_epoch(head.epoch);
    standing.set_head(head.sequence);
    for (const auto sequence :
         store::open_sequences(t, name, head.epoch, kOpenNamed / static_cast<std::int64_t>(names.size())))
      standing.add_open(static_cast<std::uint64_t>(sequence));
  }
  store::set_state_value(t, kUnknownTold, 0);
  const auto own = store::channel_head(t, control_channel());
  store::set_state_value(t, kAskedAt, static_cast<std::int64_t>(position_of(own.epoch, own.sequence + 1)));
  const auto statement = evidence::sign_statement(kRecallType, encode(recall), signer_);
  store::tell_peer(t, statement);
  const auto digest = crypto::sha256(statement);
  return {digest.begin(), digest.end()};
}

void Unit::apply_recall(storage::Transaction& t, const store::Entry& bundle, const jindu::v1::Recall& recall,
                        BytesView encoded) {
  if (recall.version() != 1 || recall.unit() != options_.peer ||
      static_cast<std::size_t>(recall.standings_size()) > kStandingsMax)
    return;
  // Its newest question is the one that waits: what it was not told yet of the answer to another is in this one, too.
  const auto asked_at = static_cast<std::int64_t>(
      position_of(static_cast<std::uint64_t>(bundle.epoch), static_cast<std::uint64_t>(bundle.sequence)));
  if (asked_at < store::state_value(t, kAnsweredAt)) return;
  store::set_state_value(t, kAnsweredAt, asked_at);
  store::untell(t, store::state_value(t, kAnswerFirst), store::state_value(t, kAnswerLast));
  const auto asked = questions_in(recall);
  // Each part says how many there are, and all together need not fit into memory: they are counted first.
  std::uint32_t parts = 1;
  Portions counted;
  const bool more = each_asked(t, asked, [&](const jindu::v1::Standing&, store::Entry& e) {
    if (is_sent_here(e.channel) && e.state != State::ended) return;
    if (counted.is_next(remembered(t, e).ByteSizeLong())) ++parts;
  });
  const auto digest = crypto::sha256(encoded);
  const auto head = store::channel_head(t, control_channel());
  jindu::v1::Recalled part;
  std::uint32_t number = 0;
  std::int64_t first = 0, last = 0, bundles = 0;
  const auto say = [&] {
    part.set_version(1);
    part.set_unit(options_.name);
    part.set_recall(digest.data(), digest.size());
    part.set_part(++number);
    part.set_parts(parts);
    part.set_more(more);
    part.set_control_epoch(head.epoch);
    part.set_control_sequence(head.sequence);
    part.set_control_digest(head.manifest_digest.data(), head.manifest_digest.size());
    last = store::tell_peer(t, evidence::sign_statement(kRecalledType, encode(part), signer_));
    if (first == 0) first = last;
    part.Clear();
  };
  Portions told;
  each_asked(t, asked, [&](const jindu::v1::Standing& standing, store::Entry& e) {
    // Of what our service sent the asker needs the ends; what has not ended and is not there comes again.
    if (is_sent_here(e.channel) && e.state != State::ended) {
      if (e.sequence > static_cast<std::int64_t>(standing.head())) bring_again(t, e);
      return;
    }
    auto one = remembered(t, e);
    if (told.is_next(one.ByteSizeLong())) say();
    *part.add_bundles() = std::move(one);
    ++bundles;
  });
  say();
  store::set_state_value(t, kAnswerFirst, first);
  store::set_state_value(t, kAnswerLast, last);
  log::warn("unit.recalled", {{"bundles", bundles}});
}

bool Unit::is_sent_here(std::string_view channel) const { return channel.starts_with(options_.service + ">"); }

// One of each channel, as far as they make sense; of what is open no more than a unit asks for at once.
std::vector<const jindu::v1::Standing*> Unit::questions_in(const jindu::v1::Recall& recall) const {
  std::map<std::string_view, const jindu::v1::Standing*> by_channel;
  std::int64_t open = 0;
  for (const auto& standing : recall.standings()) {
    if ((!is_sent_here(standing.channel()) && !standing.channel().ends_with(">" + options_.service)) ||
        standing.head() > static_cast<std::uint64_t>(kSequenceMax) || open + standing.open_size() > kOpenNamed)
      continue;
    if (by_channel.try_emplace(standing.channel(), &standing).second) open += standing.open_size();
  }
  std::vector<const jindu::v1::Standing*> questions;
  for (const auto& [channel, standing] : by_channel) questions.push_back(standing);
  return questions;
}

void Unit::apply_recalled(storage::Transaction& t, const jindu::v1::Recalled& recalled) {
  if (recalled.version() != 1 || recalled.unit() != options_.peer || recalled.recall().size() != 32 ||
      recalled.part() == 0 || recalled.part() > recalled.parts() || recalled.control_digest().size() != 32 ||
      !is_sound_place(recalled.control_epoch(), recalled.control_sequence()))
    return;
  for (const auto& one : recalled.bundles()) remember(t, one);
  // What stood in control bundles that went to the journal of before is in this answer: nothing is missing up to there.
  const auto channel = exchange::channel_of(options_.peer, options_.name);
  if (position_of(recalled.control_epoch(), recalled.control_sequence()) >
      position_of(store::channel_head(t, channel))) {
    store::set_channel_head(t, channel,
                            {recalled.control_epoch(),
                             recalled.control_sequence(),
                             {},
                             digest_of(::jindu::bytes_of(recalled.control_digest()))});
    store::advance_over_present(t, channel);
    // Receipts of what was passed over are in the answer; a question of a unit that is healing itself is not. It asks
    // again when it hears that we are past it.
    store::tell_peer(t, say_seen(t, false));
  }
  auto r = store::open_restoration(t);
  if (r.recovery() != store::Recovery::healing || text_of(r.recall) != recalled.recall()) return;
  if (store::put_recalled_part(t, r.number, recalled.part()) < static_cast<std::int64_t>(recalled.parts())) return;
  if (recalled.more() || store::state_value(t, kUnknownTold) != 0) {
    store::forget_recalled_parts(t, r.number);
    r.recall = ask_recall(t);
    store::put_restoration(t, r);
    return;
  }
  store::set_state_value(t, kPeerTold, r.number);
  heal_if_told(t, r);
}

// Both must have told what they remember: what never crossed only the service can know.
void Unit::heal_if_told(storage::Transaction& t, store::Restoration& r) {
  if (store::state_value(t, kPeerTold) != r.number || store::state_value(t, kServiceTold) != r.number) return;
  r.healed_ms = to_unix_ms(now());
  store::put_restoration(t, r);
  log::warn("unit.healed", {{"epoch", r.epoch}});
}

result<std::optional<Unit::Forgotten>> Unit::forgotten(const std::string& channel) {
  std::optional<Forgotten> wanted;
  auto ok = journal_.read([&](storage::Transaction& t) {
    wanted.reset();
    const auto r = store::open_restoration(t);
    if (r.recovery() != store::Recovery::healing || store::state_value(t, kServiceTold) == r.number ||
        !channel.starts_with(options_.service + ">"))
      return;
    const auto head = store::channel_head(t, channel);
    wanted =
        Forgotten{static_cast<std::int64_t>(head.sequence), store::open_sequences(t, channel, head.epoch, kOpenNamed)};
  });
  if (!ok) return ok.error();
  return wanted;
}

result<void> Unit::remember_from_service(const std::vector<BytesView>& remembered, bool is_all) {
  std::vector<jindu::v1::Remembered> all(remembered.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    if (auto ok = parse_message(remembered[i], all[i]); !ok) return ok;
  return journal_.write([&](storage::Transaction& t) {
    auto r = store::open_restoration(t);
    if (r.recovery() != store::Recovery::healing) return;
    for (const auto& one : all) {
      // Only an end that we have told ourselves: of all others the other side tells.
      const auto e = entry_of_manifest(::jindu::bytes_of(one.manifest()), ::jindu::bytes_of(one.signature()));
      if (!e || e->from != options_.service || !has_end_by_us(one, *e)) continue;
      remember(t, one);
      store::send_ends_again(t, *e, options_.name);
    }
    if (!is_all) return;
    store::set_state_value(t, kServiceTold, r.number);
    heal_if_told(t, r);
  });
}

bool Unit::has_end_by_us(const jindu::v1::Remembered& one, const store::Entry& entry) const {
  return std::any_of(one.receipts().begin(), one.receipts().end(), [&](const std::string& encoded) {
    const auto receipt = exchange::open_receipt(::jindu::bytes_of(encoded), trust_);
    return receipt && receipt->party == options_.name && ends(receipt->rung) &&
           receipt->manifest_digest == digest_of(entry.manifest_digest);
  });
}

result<void> Unit::say_hello() {
  return journal_.write([&](storage::Transaction& t) {
    store::set_state_value(t, kHello, 1);
    auto r = store::open_restoration(t);
    if (r.recovery() != store::Recovery::healing) return;
    // This may be an old copy of a journal that had been told all and was healed: what came after it is asked for, too.
    store::set_state_value(t, kPeerTold, 0);
    store::set_state_value(t, kServiceTold, 0);
    ask_anew(t, r);
  });
}

// A bundle that was here before, or whose end was: its manifest and its receipts, each signed by whom it names.
void Unit::remember(storage::Transaction& t, const jindu::v1::Remembered& one) {
  auto e = entry_of_manifest(::jindu::bytes_of(one.manifest()), ::jindu::bytes_of(one.signature()));
  if (!e) return log::error("unit.bad_memory", log::of(e.error()));
  e->outward = e->from == options_.service;
  if (auto known = store::find(t, e->id)) {
    if (known->manifest_digest != e->manifest_digest) return log::error("unit.bad_memory", {{"bundle", e->id}});
  } else {
    if (auto fit = fits(store::neighbours(t, *e), link_of(*e)); !fit)
      return log::error("unit.bad_memory", log::of(fit.error()));
    // Ours is over there: the other side could not know it otherwise. Theirs has ended, or it would come again.
    e->state = e->outward ? State::carried : State::ended;
    e->offered = e->outward;
    if (!e->outward) {
      e->ended_ms = e->stored_ms;
      e->code = end_of(one).value_or("ended.before_crossing");
    }
    store::insert(t, *e);
    if (!e->outward) promote_if_next(t, *e);
    store::advance_over_present(t, e->channel);
  }
  for (const auto& encoded : one.receipts()) {
    const auto receipt = exchange::open_whole_receipt(::jindu::bytes_of(encoded), trust_);
    if (receipt)
      apply_receipt(t, *receipt, true);
    else
      log::error("unit.bad_receipt", log::of(receipt.error()));
  }
}

// The code of the receipt that ended it; none when it has not ended.
std::optional<std::string> Unit::end_of(const jindu::v1::Remembered& one) {
  std::optional<std::string> code;
  for (const auto& encoded : one.receipts())
    if (const auto receipt = exchange::read_receipt(::jindu::bytes_of(encoded)); receipt && ends(receipt->rung))
      if (!code || receipt->rung == jindu::v1::RUNG_APPLIED) code = receipt->code;
  return code;
}

// Control bundles may overtake each other. What ended after the answer was given, and was told before that came, is
// asked for once more.
void Unit::receipt_of_unknown(storage::Transaction& t) {
  if (store::open_restoration(t).recovery() == store::Recovery::healing) store::set_state_value(t, kUnknownTold, 1);
}

void Unit::other_side_forgot(storage::Transaction& t, Custody& custody, const store::Entry& e) {
  custody.error = Error{Fault::conflict, "control.forgotten",
                        "another control bundle stands in the place of " + e.id +
                            ": the unit that made it has forgotten what it sent before"};
  // What contradicts it stands in that place, or, where that is a gap, on one side of it.
  auto owed = std::max(static_cast<std::int64_t>(store::channel_head(t, e.channel).sequence), std::int64_t{1});
  const auto before = store::digest_at(t, e.channel, e.epoch, e.sequence - 1);
  if (store::digest_at(t, e.channel, e.epoch, e.sequence))
    owed = e.sequence;
  else if (before && *before != e.previous_digest)
    owed = e.sequence - 1;
  else if (store::digest_at(t, e.channel, e.epoch, e.sequence + 1))
    owed = e.sequence + 1;
  store::set_state_value(t, kSeenOwed, owed);
}

// What was made before a restoration may have been given to our service and applied: whether it is late only that can
// tell, which recognises what it has applied.
std::int64_t Unit::forgotten_before_ms(storage::Transaction& t) { return store::state_value(t, kForgottenBefore); }

bool Unit::may_have_been_here(storage::Transaction& t, const store::Entry& e) const {
  return !e.outward && e.created_ms < forgotten_before_ms(t);
}

result<std::vector<store::StoredReceipt>> Unit::receipts(std::int64_t after, std::int64_t limit, const Handed& handed) {
  std::vector<store::StoredReceipt> list;
  std::optional<Found> found;
  bool ahead_changes = false, retell = false, delivered_more = false;
  auto ok = journal_.read([&](storage::Transaction& t) {
    found.reset();
    const auto recovery = store::open_restoration(t).recovery();
    delivered_more = handed.delivered > store::state_value(t, "delivery");
    found = service_knows_more(t, after, handed);
    retell = found && found->code == "restored.receipts";
    if (!found && delivered_more && recovery == store::Recovery::none)
      found = Found{"restored.delivered", "our service has concluded delivery " + std::to_string(handed.delivered) +
                                              ", and this journal has not given out as many"};
    if (recovery != store::Recovery::none && found && found->code == "restored.taken") found.reset();
    ahead_changes = service_ahead(t, handed) != store::state_value(t, kServiceAhead);
    const auto offset = store::state_value(t, kReceiptOffset);
    list = store::receipts_for_service(t, std::max<std::int64_t>(after - offset, 0), limit);
    for (auto& one : list) one.number += offset;
  });
  if (ok && (found || ahead_changes || delivered_more))
    ok = journal_.write([&](storage::Transaction& t) {
      // No number is given out twice.
      if (handed.delivered > store::state_value(t, "delivery")) store::set_state_value(t, "delivery", handed.delivered);
      if (found) found_restored(t, *found);
      // Looked at once more: several questions may be here at once.
      if (const auto ahead = service_ahead(t, handed); ahead != store::state_value(t, kServiceAhead))
        store::set_state_value(t, kServiceAhead, ahead);
      if (!retell) return;
      // All of them are told again behind what the service has: it knows those that it had. Since the restoration there
      // may be others under the numbers that it has.
      store::set_state_value(t, kReceiptOffset, std::max(after, store::state_value(t, kReceiptOffset)));
    });
  if (!ok) return ok.error();
  // What it knows is recorded: until then nothing is decided that it may know to be over.
  service_heard_ = true;
  if (found) list.clear();
  return list;
}

result<std::optional<ChannelHead>> Unit::taken_up_to(const std::string& channel) {
  std::optional<ChannelHead> taken;
  auto ok = journal_.read([&](storage::Transaction& t) {
    taken.reset();
    if (!channel.starts_with(options_.service + ">") || store::open_restoration(t).recovery() != store::Recovery::none)
      return;
    taken = store::channel_head(t, channel);
  });
  if (!ok) return ok.error();
  return taken;
}

// To a unit that has forgotten, which may wait for nothing but this word: also when it was told another one just now.
bool Unit::owes_seen(storage::Transaction& t) const {
  return store::state_value(t, kSeenOwed) != 0 && has_passed(kSeenToldAgain, store::state_value(t, kSeenTold), now());
}

bool Unit::seen_is_due(storage::Transaction& t) const {
  const auto head = store::channel_head(t, exchange::channel_of(options_.peer, options_.name));
  return position_of(head) > 0 && has_passed(kSeenToldAnyway, store::state_value(t, kSeenTold), now());
}

// What was handed over again may stand before bundles that are here already, from what the other unit remembers.
void Unit::step_over_remembered(storage::Transaction& t, const std::string& channel) {
  if (store::state_value(t, kServiceAhead) != 0) store::advance_over_present(t, channel);
}

// Our service offers what follows something that is not here, as only one does that has a receipt for it.
void Unit::service_skips(storage::Transaction& t, const store::Entry& e) {
  if (store::state_value(t, kServiceAhead) != 0) return;
  found_restored(t, {"restored.taken", "our service offers sequence " + std::to_string(e.sequence) + " of " +
                                           e.channel + ", and what stands before it is not in this journal"});
}

// What kServiceAhead becomes by what our service says.
std::int64_t Unit::service_ahead(storage::Transaction& t, const Handed& handed) const {
  const auto ahead = store::state_value(t, kServiceAhead);
  const bool recovers = store::open_restoration(t).recovery() != store::Recovery::none;
  if (handed.channel.empty() || (ahead == 0 && !recovers)) return ahead;
  const auto head = static_cast<std::int64_t>(store::channel_head(t, handed.channel).sequence);
  if (handed.up_to > head) return std::max(ahead, std::min(handed.up_to, kSequenceMax) + 1);
  return recovers || head + 1 < ahead || store::has_behind_gap(t, handed.channel) ? ahead : 0;
}

// What our service knows of this unit: the newest receipt it was given, and up to where its bundles were taken.
std::optional<Unit::Found> Unit::service_knows_more(storage::Transaction& t, std::int64_t receipts,
                                                    const Handed& handed) const {
  const auto last = t.query_one("SELECT MAX(number) FROM receipt");
  const auto given = store::state_value(t, kReceiptOffset) + (last && !last->is_null(0) ? last->integer(0) : 0);
  if (receipts > given && receipts <= kSequenceMax)
    return Found{"restored.receipts", "our service has receipts up to number " + std::to_string(receipts) +
                                          ", and this journal only up to " + std::to_string(given)};
  // Numbers may have been given out anew before the service asked; what stood under them was something else.
  const auto number = receipts - store::state_value(t, kReceiptOffset);
  if (number > 0 && !handed.newest.empty()) {
    const auto receipt = store::receipt_at(t, number);
    if (receipt && to_hex(crypto::sha256(*receipt)) != handed.newest)
      return Found{"restored.receipts", "our service was given another receipt under number " +
                                            std::to_string(receipts) + " than stands in this journal"};
  }
  const auto head = store::channel_head(t, handed.channel);
  if (handed.up_to > static_cast<std::int64_t>(head.sequence) && store::state_value(t, kServiceAhead) == 0)
    return Found{"restored.taken", "our service has receipts that its bundles were taken up to sequence " +
                                       std::to_string(handed.up_to) + ", and this journal knows them only up to " +
                                       std::to_string(head.sequence)};
  return {};
}

}  // namespace jindu::gateway
