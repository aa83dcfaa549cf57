// Both units say of the same stretch of a channel what they know of it, signed; where they differ each names what.
#include <jindu/v1/epoch.pb.h>
#include <jindu/v1/reconciliation.pb.h>

#include "common/evidence/merkle.hpp"
#include "common/exchange/codec/reconciliation.hpp"
#include "common/runtime/messages.hpp"
#include "exchange-gateway/store/told_block.hpp"
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {
namespace {

constexpr std::int64_t kBlock = 512;      // sequences to a block, at least
constexpr std::int64_t kBlocksMax = 256;  // of a stretch
constexpr std::int64_t kStretchMax = 262'144;
constexpr std::int64_t kDetailsMax = 64;  // blocks told in one answer; the rest with the next
constexpr std::int64_t kPage = 4096;
constexpr std::chrono::minutes kAskedAgain{60};
constexpr std::int64_t kAskedAtOnce = 100;

std::int64_t block_of(std::int64_t first, std::int64_t last) {
  std::int64_t block = kBlock;
  while ((last - first) / block >= kBlocksMax) block *= 2;
  return block;
}

jindu::v1::ChannelCount count_of(storage::Transaction& t, const store::Stretch& s) {
  jindu::v1::ChannelCount count;
  count.set_channel(s.channel);
  count.set_epoch(static_cast<std::uint32_t>(s.epoch));
  count.set_first(static_cast<std::uint64_t>(s.first));
  count.set_last(static_cast<std::uint64_t>(s.last));
  const auto block = block_of(s.first, s.last);
  count.set_block(static_cast<std::uint64_t>(block));
  std::vector<crypto::Digest> leaves, of_block;
  std::uint64_t applied = 0, not_applied = 0, open = 0;
  const auto close_block = [&] {
    const auto root = evidence::merkle_root(of_block);
    count.add_blocks(root.data(), root.size());
    of_block.clear();
  };
  for (std::int64_t from = s.first; from <= s.last; from += block) {
    const auto to = std::min(s.last, from + block - 1);
    for (std::int64_t next = from; next <= to;) {
      const auto page = store::known(t, s.channel, s.epoch, next, to, kPage);
      for (const auto& one : page) {
        leaves.push_back(evidence::merkle_leaf(leaf_of(one)));
        of_block.push_back(leaves.back());
        ++(one.outcome == Outcome::applied ? applied : one.outcome == Outcome::not_applied ? not_applied : open);
      }
      if (static_cast<std::int64_t>(page.size()) < kPage) break;
      next = static_cast<std::int64_t>(page.back().sequence) + 1;
    }
    close_block();
  }
  count.set_bundles(leaves.size());
  count.set_applied(applied);
  count.set_not_applied(not_applied);
  count.set_open(open);
  const auto root = evidence::merkle_root(leaves);
  count.set_merkle_root(root.data(), root.size());
  return count;
}

bool same(const jindu::v1::ChannelCount& a, const jindu::v1::ChannelCount& b) {
  return a.bundles() == b.bundles() && a.merkle_root() == b.merkle_root() && a.open() == 0 && b.open() == 0;
}

// In a statement of our own.
jindu::v1::ChannelCount count_said(BytesView statement) {
  const auto said = exchange::read_reconciliation(statement);
  return said ? said->count() : jindu::v1::ChannelCount{};
}

bool is_sound(const jindu::v1::ChannelCount& c) {
  return c.channel().size() <= 200 && c.first() > 0 && c.first() <= static_cast<std::uint64_t>(kSequenceMax) &&
         c.last() <= static_cast<std::uint64_t>(kSequenceMax) && c.last() + 1 >= c.first() &&
         c.last() + 1 - c.first() <= static_cast<std::uint64_t>(kStretchMax) && c.merkle_root().size() == 32 &&
         c.blocks_size() <= kBlocksMax;
}

// A block as it is known here now.
jindu::v1::ReconciliationDetail detail_of(storage::Transaction& t, const std::string& unit, const store::Stretch& s,
                                          std::int64_t first, std::int64_t last) {
  jindu::v1::ReconciliationDetail detail;
  detail.set_version(1);
  detail.set_unit(unit);
  detail.set_day(s.day);
  detail.set_channel(s.channel);
  detail.set_epoch(static_cast<std::uint32_t>(s.epoch));
  detail.set_first(static_cast<std::uint64_t>(first));
  detail.set_last(static_cast<std::uint64_t>(last));
  for (const auto& one : store::known(t, s.channel, s.epoch, first, last, kBlock)) {
    auto& bundle = *detail.add_bundles();
    bundle.set_sequence(one.sequence);
    bundle.set_manifest_digest(one.manifest_digest.data(), one.manifest_digest.size());
    bundle.set_outcome(static_cast<std::uint32_t>(one.outcome));
  }
  return detail;
}

// Nothing where it is out of bounds.
std::optional<std::vector<Known>> known_in(const jindu::v1::ReconciliationDetail& d) {
  std::vector<Known> list;
  if (d.bundles_size() > kBlock) return {};
  for (const auto& one : d.bundles()) {
    if (one.manifest_digest().size() != 32 || one.outcome() > 3 || one.sequence() < d.first() ||
        one.sequence() > d.last())
      return {};
    Known known{one.sequence(), {}, static_cast<Outcome>(one.outcome())};
    std::copy(one.manifest_digest().begin(), one.manifest_digest().end(),
              reinterpret_cast<char*>(known.manifest_digest.data()));
    list.push_back(known);
  }
  return list;
}

}  // namespace

Bytes Unit::say_count(storage::Transaction& t, const store::Stretch& s, BytesView answers,
                      const jindu::v1::ChannelCount& count) {
  jindu::v1::Reconciliation statement;
  statement.set_version(1);
  statement.set_unit(options_.name);
  statement.set_day(s.day);
  statement.set_made_ms(to_unix_ms(now()));
  *statement.mutable_count() = count;
  statement.set_answers(answers.data(), answers.size());
  if (const auto last = store::last_act(t)) {
    statement.set_log_number(static_cast<std::uint64_t>(last->number));
    statement.set_log_digest(last->digest.data(), last->digest.size());
  }
  return evidence::sign_statement(kReconciliationType, encode(statement), signer_);
}

void Unit::ask(storage::Transaction& t, const store::Stretch& stretch) {
  auto s = stretch;
  s.made_ms = to_unix_ms(now());
  s.verdict = "asked";
  s.theirs.clear();
  s.mine = say_count(t, s, {}, count_of(t, s));
  store::put_stretch(t, s);
  store::tell_peer(t, s.mine);
}

std::size_t Unit::reconcile_new(storage::Transaction& t, const std::string& day, bool also_nothing) {
  std::size_t asked = 0;
  for (const auto& channel : store::channels_from(t, options_.service)) {
    const auto head = store::channel_head(t, channel);
    const auto last = static_cast<std::int64_t>(head.sequence);
    auto first = store::reconciled_up_to(t, channel, head.epoch) + 1;
    std::int64_t part = 1;
    const auto label = [&] { return part == 1 ? day : day + "/" + std::to_string(part); };
    while (first <= last || (also_nothing && !store::stretch(t, day, channel))) {
      while (store::stretch(t, label(), channel)) ++part;
      store::Stretch s;
      s.day = label();
      s.channel = channel;
      s.epoch = head.epoch;
      s.first = first;
      s.last = std::min(last, first + kStretchMax - 1);
      ask(t, s);
      ++asked;
      first = s.last + 1;
    }
  }
  return asked;
}

std::size_t Unit::reconcile_unsettled(storage::Transaction& t, std::int64_t before_ms, std::int64_t heard_ms) {
  std::size_t asked = 0;
  for (const auto& s : store::unsettled(t, before_ms, kAskedAtOnce)) {
    if (!s.channel.starts_with(options_.service + ">")) continue;
    // While the other unit is away each question would only lie beside the one before it, for days.
    if (s.theirs.empty() && s.made_ms >= heard_ms) continue;
    ask(t, s);
    ++asked;
  }
  return asked;
}

result<std::size_t> Unit::reconcile(const std::string& who) {
  std::size_t asked = 0;
  auto ok = journal_.write([&](storage::Transaction& t) {
    // Whatever time it says: it may have been asked by a clock that was ahead.
    constexpr auto any_time = std::numeric_limits<std::int64_t>::max();
    asked = reconcile_unsettled(t, any_time, any_time);
    asked += reconcile_new(t, local_day(now(), options_.utc_offset_minutes), asked == 0);
    store::log_act(t, {0, to_unix_ms(now()), who, "reconcile", std::to_string(asked), ""});
  });
  if (!ok) return ok.error();
  for_carrier_.tell();
  return asked;
}

result<void> Unit::reconcile_if_due() {
  // The days since 1970 there, as the journal keeps whole numbers.
  const auto today = std::chrono::floor<std::chrono::days>(now() + std::chrono::minutes(options_.utc_offset_minutes))
                         .time_since_epoch()
                         .count();
  return journal_.write([&](storage::Transaction& t) {
    const auto known_day = store::state_value(t, "reconciled_day");
    if (known_day != today) {
      store::set_state_value(t, "reconciled_day", today);
      // On the first day there is no day before to speak of.
      if (known_day != 0)
        reconcile_new(t, local_day(now() - std::chrono::hours(24), options_.utc_offset_minutes), true);
    }
    reconcile_unsettled(t, to_unix_ms(now() - kAskedAgain), store::state_value(t, "peer_heard_ms"));
  });
}

void Unit::apply_message(storage::Transaction& t, const store::Entry& e, const std::string& type, BytesView body,
                         BytesView encoded) {
  const auto bad = [&](const Error& error) { log::error("unit.bad_statement", log::of(error)); };
  if (type == kReconciliationType) {
    jindu::v1::Reconciliation theirs;
    if (auto ok = parse_message(body, theirs); !ok) return bad(ok.error());
    apply_reconciliation(t, theirs, encoded);
  } else if (type == kReconciliationDetailType) {
    jindu::v1::ReconciliationDetail theirs;
    if (auto ok = parse_message(body, theirs); !ok) return bad(ok.error());
    apply_detail(t, theirs);
  } else if (type == kRequestType) {
    jindu::v1::BundleRequest request;
    if (auto ok = parse_message(body, request); !ok) return bad(ok.error());
    apply_request(t, request);
  } else if (type == kNotTakenType) {
    jindu::v1::NotTaken one;
    if (auto ok = parse_message(body, one); !ok) return bad(ok.error());
    apply_not_taken(t, one);
  } else if (type == kSeenType) {
    jindu::v1::Seen seen;
    if (auto ok = parse_message(body, seen); !ok) return bad(ok.error());
    apply_seen(t, seen);
  } else if (type == kRecallType) {
    jindu::v1::Recall recall;
    if (auto ok = parse_message(body, recall); !ok) return bad(ok.error());
    apply_recall(t, e, recall, encoded);
  } else if (type == kRecalledType) {
    jindu::v1::Recalled recalled;
    if (auto ok = parse_message(body, recalled); !ok) return bad(ok.error());
    apply_recalled(t, recalled);
  } else if (type == kEpochType) {
    // What it does was done where its bundle took its place.
  } else {
    log::warn("unit.unknown_statement", {{"type", type.substr(0, 100)}});
  }
}

void Unit::apply_reconciliation(storage::Transaction& t, const jindu::v1::Reconciliation& r, BytesView encoded) {
  if (r.version() != 1 || r.unit() != options_.peer || r.day().size() > 20 || !is_sound(r.count())) return;
  const auto& theirs = r.count();
  const bool sent_here = theirs.channel().starts_with(options_.service + ">");
  auto known = store::stretch(t, r.day(), theirs.channel());
  store::Stretch s;
  if (sent_here) {
    // An answer to what we said last; an older one says nothing any more.
    if (!known || text_of(crypto::sha256(known->mine)) != r.answers()) return;
    s = std::move(*known);
  } else {
    s.day = r.day();
    s.channel = theirs.channel();
    s.epoch = theirs.epoch();
    s.first = static_cast<std::int64_t>(theirs.first());
    s.last = static_cast<std::int64_t>(theirs.last());
  }
  s.theirs.assign(encoded.begin(), encoded.end());
  const auto mine = count_of(t, s);
  if (!sent_here) {
    s.made_ms = to_unix_ms(now());
    s.mine = say_count(t, s, crypto::sha256(encoded), mine);
    store::tell_peer(t, s.mine);
    // Questions may overtake each other. One from before the ends were known there does not undo what was agreed since.
    if (known && known->verdict == "agrees" && known->epoch == s.epoch && known->first == s.first &&
        known->last == s.last && mine.open() == 0 && theirs.open() > 0 && theirs.bundles() == mine.bundles())
      return;
  }
  s.verdict = same(mine, theirs) ? "agrees" : "open";
  // What we said was still open; theirs shows that it has ended since. Said anew, or over there it stays open for ever.
  if (sent_here && s.verdict == "agrees" && !same(count_said(s.mine), theirs)) return ask(t, s);
  store::remove_differences(t, s.day, s.channel, 0, kSequenceMax);
  store::put_stretch(t, s);
  if (sent_here && s.verdict == "open") tell_differing(t, s, mine, theirs);
}

// The sender's unit tells of the blocks in which the two differ what it knows; the other compares that with what it
// knows later, which must be at least as much, and tells that in turn.
void Unit::tell_differing(storage::Transaction& t, const store::Stretch& s, const jindu::v1::ChannelCount& mine,
                          const jindu::v1::ChannelCount& theirs) {
  std::int64_t told = 0;
  const auto block = static_cast<std::int64_t>(mine.block());
  const bool comparable = theirs.block() == mine.block() && theirs.blocks_size() == mine.blocks_size();
  for (int i = 0; i < mine.blocks_size() && told < kDetailsMax; ++i) {
    if (comparable && mine.blocks(i) == theirs.blocks(i)) continue;
    const auto end = std::min(s.last, s.first + (i + 1) * block - 1);
    for (auto from = s.first + i * block; from <= end && told < kDetailsMax; from += kBlock, ++told) {
      const auto detail = encode(detail_of(t, options_.name, s, from, std::min(end, from + kBlock - 1)));
      store::put_told_block(t, s, from, detail);
      store::tell_peer(t, evidence::sign_statement(kReconciliationDetailType, detail, signer_));
    }
  }
}

void Unit::apply_detail(storage::Transaction& t, const jindu::v1::ReconciliationDetail& d) {
  auto s = store::stretch(t, d.day(), d.channel());
  if (d.version() != 1 || d.unit() != options_.peer || !s || s->epoch != d.epoch() || s->verdict == "agrees") return;
  const auto first = static_cast<std::int64_t>(std::min<std::uint64_t>(d.first(), kSequenceMax));
  const auto last = static_cast<std::int64_t>(std::min<std::uint64_t>(d.last(), kSequenceMax));
  const auto there = known_in(d);
  if (!there || first < s->first || last > s->last || last - first >= kBlock) return;
  const bool sent_here = s->channel.starts_with(options_.service + ">");
  std::vector<Known> here;
  if (sent_here) {
    const auto told = store::take_told_block(t, *s, first);
    jindu::v1::ReconciliationDetail mine;
    if (!told || !parse_message(*told, mine).has_value() || mine.last() != d.last()) return;
    here = known_in(mine).value_or(std::vector<Known>{});
  } else {
    here = store::known(t, s->channel, s->epoch, first, last, kBlock);
    const auto mine = detail_of(t, options_.name, *s, first, last);
    store::tell_peer(t, evidence::sign_statement(kReconciliationDetailType, encode(mine), signer_));
  }
  store::remove_differences(t, s->day, s->channel, first, last);
  for (const auto& one : compare(here, *there, sent_here).differences) {
    const auto sequence = static_cast<std::int64_t>(one.sequence);
    store::put_difference(t, s->day, s->channel,
                          {sequence, store::id_at(t, s->channel, s->epoch, sequence), one.what, one.here, one.there});
    log::error("unit.reconciliation_differs",
               {{"channel", s->channel}, {"sequence", sequence}, {"what", one.what}, {"day", s->day}});
  }
  s->verdict = store::difference_count(t, s->day, s->channel) > 0 ? "differs" : "open";
  store::put_stretch(t, *s);
}

}  // namespace jindu::gateway
