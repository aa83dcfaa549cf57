// What operators decide. Each act is written into the operators' log in the commit that makes it true.
#include <jindu/v1/reconciliation.pb.h>
#include <boost/json/serialize.hpp>

#include "common/runtime/messages.hpp"
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {
namespace {

constexpr std::int64_t kCounted = 10'000;
constexpr std::int64_t kStraysToldAtOnce = 50;
constexpr const char* kVoyageWanted = "voyage_wanted";
// Without a rule any more nobody can say that one is enough.
constexpr std::size_t kReleasersWithoutRule = 2;

}  // namespace

std::size_t Unit::releasers_for(const store::Entry& entry) const {
  const auto* rule = find_rule(options_.policy, passenger_of(entry));
  return rule == nullptr ? kReleasersWithoutRule : std::max<std::size_t>(rule->releasers, 1);
}

Unit::Decided Unit::act_on_held(storage::Transaction& t, const std::string& id, bool release, const std::string& who,
                                const std::string& reason) {
  auto e = store::find(t, id);
  if (!e) throw ErrorException({Fault::not_found, "bundle.unknown", "there is no such bundle"});
  // It may have been decided before, and have crossed.
  if (store::open_restoration(t).recovery() != store::Recovery::none) throw ErrorException(restored_error());
  // Whether it is so, our service is the first to know.
  if (!service_heard_)
    throw ErrorException({Fault::conflict, "unit.just_begun",
                          "this unit has only begun, and has not heard from " + options_.service +
                              " yet, which may know better what became of this; try again in a moment"});
  if (e->state != State::held)
    throw ErrorException({Fault::conflict, "bundle.not_held", "it is not held but " + std::string(to_text(e->state))});
  // A unit that was restored may have forgotten that it had let it pass, and its service may have applied it.
  if (!release && may_have_been_here(t, *e))
    throw ErrorException({Fault::conflict, "unit.may_have_passed",
                          "it came before this unit was restored, and may have been released and applied then; " +
                              options_.service + " recognises what it has applied, so it can only be released"});
  const std::string act = release ? "release" : "refuse";
  std::set<std::string, std::less<>> same;
  for (const auto& vote : store::votes(t, id)) {
    if (person(vote.who) == person(who)) {
      if (vote.act == act)
        throw ErrorException(
            {Fault::conflict, "hold.said_already", "you have said so already; another releaser must agree"});
      // Of a person the newest word alone counts, by whichever certificate the older one was said.
      store::take_back_vote(t, id, vote.who);
    } else if (vote.act == act) {
      same.emplace(person(vote.who));
    }
  }
  same.emplace(person(who));
  store::put_vote(t, id, {who, act, to_unix_ms(now()), reason});
  store::log_act(t, {0, to_unix_ms(now()), who, act, id, reason});
  const auto needed = releasers_for(*e);
  if (same.size() < needed) return {false, same.size(), needed};
  ReceiptBook book(t, signer_, now());
  if (release) {
    book.add(*e, jindu::v1::RUNG_RELEASED, "", "", {e->outward, true});
    store::set_state(t, *e, e->outward ? State::waiting : State::early);
  } else {
    book.add(*e, jindu::v1::RUNG_REFUSED, "operator.refused", reason, {e->outward, true});
    store::end(t, *e, "operator.refused", to_unix_ms(now()));
  }
  if (!e->outward) promote_if_next(t, *e);
  book.keep();
  return {true, same.size(), needed};
}

result<Unit::Decided> Unit::release(const std::string& id, const std::string& who, const std::string& reason) {
  Decided decided;
  auto ok = journal_.write([&](storage::Transaction& t) { decided = act_on_held(t, id, true, who, reason); });
  for_carrier_.tell();
  for_service_.tell();
  if (!ok) return ok.error();
  return decided;
}

result<Unit::Decided> Unit::refuse(const std::string& id, const std::string& who, const std::string& reason) {
  Decided decided;
  auto ok = journal_.write([&](storage::Transaction& t) { decided = act_on_held(t, id, false, who, reason); });
  for_carrier_.tell();
  for_service_.tell();
  if (!ok) return ok.error();
  return decided;
}

std::vector<std::string> Unit::channels() const {
  std::set<std::string> names;
  for (const auto& rule : options_.policy.rules)
    if (rule.from == options_.service || rule.to == options_.service)
      names.insert(exchange::channel_of(rule.from, rule.to));
  return {names.begin(), names.end()};
}

result<void> Unit::stop_channel(const std::string& channel, const std::string& who, const std::string& reason) {
  const auto known = channels();
  if (std::find(known.begin(), known.end(), channel) == known.end())
    return Error{Fault::not_found, "channel.unknown", "the policy knows no channel '" + channel + "'", "channel"};
  auto ok = journal_.write([&](storage::Transaction& t) {
    if (store::is_stopped(t, channel))
      throw ErrorException({Fault::conflict, "channel.stopped", "this channel is stopped already"});
    store::put_stop(t, {channel, to_unix_ms(now()), who, reason});
    store::log_act(t, {0, to_unix_ms(now()), who, "stop", channel, reason});
  });
  if (ok) log::warn("unit.channel_stopped", {{"channel", channel}});
  return ok;
}

result<void> Unit::resume_channel(const std::string& channel, const std::string& who, const std::string& reason) {
  auto ok = journal_.write([&](storage::Transaction& t) {
    if (!store::is_stopped(t, channel))
      throw ErrorException({Fault::conflict, "channel.not_stopped", "this channel is not stopped"});
    store::remove_stop(t, channel);
    store::log_act(t, {0, to_unix_ms(now()), who, "resume", channel, reason});
  });
  if (!ok) return ok;
  log::warn("unit.channel_resumed", {{"channel", channel}});
  for_carrier_.tell();
  for_service_.tell();
  return ok;
}

result<Unit::VoyageWanted> Unit::start_voyage(const std::string& who, const std::string& reason) {
  VoyageWanted wanted;
  auto ok = journal_.write([&](storage::Transaction& t) {
    if (store::open_restoration(t).recovery() == store::Recovery::halted) throw ErrorException(restored_error());
    // A medium takes no more than so many at once; what is behind it needs no exact number.
    wanted.waiting = static_cast<std::int64_t>(store::to_carry(t, open_lanes(t), true, kCounted).size());
    wanted.under_way = t.query_one(
                            "SELECT COUNT(*) FROM (SELECT 1 FROM bundle WHERE state = 'waiting' AND voyage > 0 LIMIT "
                            "$1) AS some",
                            {kCounted})
                           ->integer(0);
    store::set_state_value(t, kVoyageWanted, 1);
    store::log_act(t, {0, to_unix_ms(now()), who, "voyage", std::to_string(wanted.waiting + wanted.under_way), reason});
  });
  if (!ok) return ok.error();
  return wanted;
}

result<bool> Unit::voyage_is_wanted() {
  bool wanted = false;
  auto ok = journal_.read([&](storage::Transaction& t) { wanted = store::state_value(t, kVoyageWanted) != 0; });
  if (!ok) return ok.error();
  return wanted;
}

result<void> Unit::voyage_was_started(const std::set<std::string>& on_medium) {
  return journal_.write([&](storage::Transaction& t) {
    store::set_state_value(t, kVoyageWanted, 0);
    for (const auto& row : t.query("SELECT number, id FROM voyage WHERE direction = 'loaded' AND number IN (SELECT "
                                   "DISTINCT voyage FROM bundle WHERE state = 'waiting' AND voyage > 0)"))
      if (!on_medium.contains(row.text(1)))
        t.execute("UPDATE bundle SET voyage = 0 WHERE state = 'waiting' AND outward = 1 AND voyage > 0 AND voyage = $1",
                  {row.integer(0)});
  });
}

// What leaves the quarantine, of whom, and why.
struct Unit::Record {
  std::string id;
  BytesView manifest_digest;
  std::string who, reason;
  boost::json::object says = {};
};

// Signs it, and gives what the line of the operators' log says of it: with the record's digest there, the chain of the
// log keeps the record as well.
std::string Unit::keep_record(storage::Transaction& t, Record r) {
  r.says["unit"] = options_.name;
  if (!r.says.contains("voyage")) r.says["bundle"] = r.id;
  r.says["manifest_digest"] = to_hex(r.manifest_digest);
  r.says["at_ms"] = to_unix_ms(now());
  r.says["who"] = r.who;
  r.says["reason"] = r.reason;
  const auto text = boost::json::serialize(r.says);
  const auto signed_record = evidence::sign_statement(kRecordType, ::jindu::bytes_of(text), signer_);
  store::put_dismissal(t, {r.id, Bytes(r.manifest_digest.begin(), r.manifest_digest.end()), to_unix_ms(now()), r.who,
                           r.reason, signed_record});
  return r.id + " " + to_hex(r.manifest_digest) + " record " + to_hex(crypto::sha256(signed_record));
}

// Nothing leaves without a record of it, whether it is dismissed or replaced by the real one.
std::string Unit::put_away(storage::Transaction& t, const store::Stray& stray, Record record) {
  const auto head = exchange::head_of_bundle(stray.bundle);
  auto& says = record.says;
  says["bundle_sha256"] = to_hex(crypto::sha256(stray.bundle));
  says["code"] = stray.code;
  says["detail"] = stray.detail;
  says["says_it_is_from"] = head ? head->manifest.from() : "";
  says["signed_by"] = head && store::is_vouched_for(stray) ? head->manifest.from() : "";
  says["quarantined_at_ms"] = stray.at_ms;
  store::remove_stray(t, stray.id, stray.manifest_digest);
  if (stray.told) tell_not_taken(t, stray, true);
  return keep_record(t, std::move(record));
}

result<void> Unit::dismiss(const std::string& id, BytesView manifest_digest, const std::string& who,
                           const std::string& reason) {
  return journal_.write([&](storage::Transaction& t) {
    const auto digest = to_hex(manifest_digest);
    Record kept{id, manifest_digest, who, reason, {{"record", "dismissed"}}};
    auto& record = kept.says;
    std::string about;
    const auto stray = store::stray(t, id, manifest_digest);
    const auto entry = store::find(t, id);
    const auto voyage = store::refused_voyage(t, id);
    if (stray) {
      about = put_away(t, *stray, std::move(kept));
    } else if (entry && entry->state == State::ended && entry->ended_ms == 0 &&
               digest_of(entry->manifest_digest) == digest_of(manifest_digest)) {
      record["bundle_sha256"] = "";
      record["code"] = entry->code;
      record["says_it_is_from"] = entry->from;
      record["signed_by"] = entry->from;
      record["quarantined_at_ms"] = entry->stored_ms;
      store::end_quarantine(t, *entry, to_unix_ms(now()));
      about = keep_record(t, std::move(kept));
    } else if (voyage && voyage->manifest_sha256 == digest) {
      record["voyage"] = id;
      record["code"] = voyage->code;
      record["detail"] = voyage->detail;
      record["says_it_is_from"] = voyage->sender;
      record["signed_by"] = voyage->signer;
      record["quarantined_at_ms"] = voyage->at_ms;
      store::dismiss_voyage(t, id, to_unix_ms(now()));
      about = keep_record(t, std::move(kept));
    } else {
      throw ErrorException({Fault::not_found, "quarantine.unknown", "nothing like this is quarantined"});
    }
    store::log_act(t, {0, to_unix_ms(now()), who, "dismiss", about, reason});
  });
}

result<std::string> Unit::retry(const std::string& id, BytesView manifest_digest, const std::string& who,
                                const std::string& reason) {
  std::optional<store::Stray> stray;
  bool placed = false;
  exchange::ReceiptBytes taken;
  const Record replaced{id, manifest_digest, who, reason, {{"record", "replaced"}}};
  // One line for each time that it was asked, whatever comes of it.
  const auto log_retry = [&](storage::Transaction& t, const std::string& about) {
    store::log_act(t, {0, to_unix_ms(now()), who, "retry", about, reason});
  };
  auto ok = journal_.write([&](storage::Transaction& t) {
    stray = store::stray(t, id, manifest_digest);
    const auto entry = store::find(t, id);
    placed = entry && entry->state == State::ended && entry->ended_ms == 0;
    if (!stray) return;
    // What was damaged or signed falsely stays so; but the real one, of which this was a bad copy, may have come since.
    if (entry && !entry->outward && digest_of(entry->manifest_digest) == digest_of(manifest_digest)) {
      ReceiptBook(t, signer_, now()).first_answer(*entry, taken);
      log_retry(t, put_away(t, *stray, replaced));
    }
  });
  if (!ok) return ok.error();
  if (!taken.empty()) {
    const auto receipt = exchange::read_receipt(taken.whole());
    if (!receipt) return receipt.error();
    return std::string(exchange::to_text(receipt->rung));
  }
  if (!stray && placed)
    return Error{Fault::conflict, "quarantine.told",
                 "its sender has a signed receipt that it was quarantined; what still stands must be sent anew"};
  if (!stray) return Error{Fault::not_found, "quarantine.unknown", "nothing like this is quarantined"};
  const auto rung = check_again(*stray);
  ok = journal_.write([&](storage::Transaction& t) {
    log_retry(t, rung ? put_away(t, *stray, replaced) : id + " " + to_hex(manifest_digest));
  });
  if (!ok) return ok.error();
  return rung;
}

result<std::string> Unit::check_again(const store::Stray& stray) {
  const auto view = exchange::parse_bundle(stray.bundle);
  if (!view)
    return Error{Fault::conflict, "quarantine.no_bytes",
                 "only its head was kept because it is large; ask the other unit to bring it again"};
  const auto custody = take_from_carrier({stray.bundle});
  if (custody.front().error) {
    auto why = *custody.front().error;
    why.detail = "it was checked again and stays quarantined: " + why.detail;
    return why;
  }
  const auto receipt = exchange::read_receipt(custody.front().receipt.whole());
  if (!receipt) return receipt.error();
  if (receipt->rung == jindu::v1::RUNG_QUARANTINED)
    return Error{Fault::conflict, receipt->code, "it was checked again and stays quarantined: " + receipt->detail};
  return std::string(exchange::to_text(receipt->rung));
}

result<void> Unit::log_rules(const std::string& who) {
  if (options_.rules.empty()) return {};
  return journal_.write([&](storage::Transaction& t) {
    for (const auto& [name, digest] : options_.rules) {
      const auto last = store::last_act(t, name);
      const auto old = last ? last->about.substr(last->about.find(' ') + 1) : "-";
      if (old != digest) store::log_act(t, {0, to_unix_ms(now()), who, name, old + " " + digest, ""});
    }
  });
}

result<void> Unit::request_again(const std::string& channel, std::int64_t first, std::int64_t last,
                                 const std::string& who, const std::string& reason) {
  const auto known = channels();
  if (std::find(known.begin(), known.end(), channel) == known.end() || channel.starts_with(options_.service + ">"))
    return Error{Fault::not_found, "channel.unknown", "no channel '" + channel + "' comes from the other side",
                 "channel"};
  if (first < 1 || last < first || last > kSequenceMax || last - first >= kRequestMax)
    return Error{Fault::invalid, "channel.range",
                 "first and last are sequences, and at most " + std::to_string(kRequestMax) + " at once", "first"};
  return journal_.write([&](storage::Transaction& t) {
    const auto head = store::channel_head(t, channel);
    store::tell_peer(t, request_for(channel, head.epoch, first, last));
    store::log_act(t, {0, to_unix_ms(now()), who, "request", store::about_request(channel, first, last), reason});
  });
}

Bytes Unit::request_for(const std::string& channel, std::int64_t epoch, std::int64_t first, std::int64_t last) const {
  jindu::v1::BundleRequest request;
  request.set_version(1);
  request.set_unit(options_.name);
  request.set_channel(channel);
  request.set_epoch(static_cast<std::uint32_t>(epoch));
  request.set_first(static_cast<std::uint64_t>(first));
  request.set_last(static_cast<std::uint64_t>(last));
  request.set_at_ms(to_unix_ms(now()));
  return evidence::sign_statement(kRequestType, encode(request), signer_);
}

void Unit::bring_again(storage::Transaction& t, store::Entry& e) {
  store::carry_again(t, e);
  const std::lock_guard lock(away_mutex_);
  away_.erase(e.id);
}

// The other unit has lost these, or never had them. One that it has after all it answers with its first receipt.
void Unit::apply_request(storage::Transaction& t, const jindu::v1::BundleRequest& request) {
  if (request.version() != 1 || !request.channel().starts_with(options_.service + ">") ||
      request.first() > static_cast<std::uint64_t>(kSequenceMax) ||
      request.last() > static_cast<std::uint64_t>(kSequenceMax))
    return;
  const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(request.first()), 1);
  auto asked = store::between(t, request.channel(), request.epoch(), first, static_cast<std::int64_t>(request.last()),
                              kRequestMax);
  const auto number = static_cast<std::int64_t>(asked.size());
  auto next = first;
  std::int64_t lost = 0;  // the first that was here and is not any more
  for (auto& e : asked) {
    if (lost == 0 && e.sequence > next) lost = next;
    next = e.sequence + 1;
    bring_again(t, e);
  }
  const auto head = store::channel_head(t, request.channel());
  const auto last = std::min(
      {static_cast<std::int64_t>(request.last()), static_cast<std::int64_t>(head.sequence), first + kRequestMax - 1});
  if (lost == 0 && next <= last) lost = next;
  if (lost != 0 && request.epoch() == head.epoch) {
    store::set_state_value(t, kLost + request.channel(), lost);
    const std::lock_guard lock(failures_mutex_);
    asks_service_at_ = {};
  }
  log::warn(
      "unit.asked_again",
      {{"channel", request.channel()}, {"first", request.first()}, {"last", request.last()}, {"bundles", number}});
}

void Unit::tell_not_taken(storage::Transaction& t, const store::Stray& stray, bool settled) {
  const auto id = exchange::bundle_id_from_text(stray.id);
  if (!id) return;
  jindu::v1::NotTaken told;
  told.set_version(1);
  told.set_unit(options_.name);
  told.set_bundle_id(id->data(), id->size());
  told.set_manifest_digest(stray.manifest_digest.data(), stray.manifest_digest.size());
  // Of a very long manifest only its beginning is at hand; id and digest are what counts.
  if (const auto head = exchange::head_of_bundle(stray.bundle)) {
    told.set_channel(head->manifest.channel());
    told.set_epoch(head->manifest.epoch());
    told.set_sequence(head->manifest.sequence());
  }
  told.set_at_ms(stray.at_ms);
  told.set_settled(settled);
  store::tell_peer(t, evidence::sign_statement(kNotTakenType, encode(told), signer_));
}

void Unit::tell_not_taken(storage::Transaction& t) {
  for (const auto& stray : store::untold_strays(t, kStraysToldAtOnce)) {
    tell_not_taken(t, stray, false);
    store::mark_told(t, stray);
  }
}

// Whether what the other unit did not take is ours, and if so, whether our copy of it still holds: that says where it
// was changed.
std::string Unit::copy_here(storage::Transaction& t, const std::string& id, const crypto::Digest& manifest_digest) {
  const auto entry = store::find(t, id);
  if (!entry || !entry->outward || digest_of(entry->manifest_digest) != manifest_digest) return "foreign";
  // Over there, or ended, by now: the real one was taken.
  if (entry->state != State::waiting) return "sound";
  const auto bytes = read_bytes(t, *entry);
  if (!bytes) return "damaged";
  const auto view = exchange::parse_bundle(*bytes);
  if (!view || view->manifest_digest != manifest_digest) return "damaged";
  const auto signer =
      is_control(*entry) ? result<crypto::PublicKey>(signer_.key.public_key()) : signer_of(view->manifest);
  // Without the signer's certificate nothing can be said against the copy.
  const auto holds = signer ? exchange::verify_bundle(*view, *signer) : result<void>();
  return holds || holds.error().code == "bundle.signer" ? "sound" : "damaged";
}

void Unit::apply_not_taken(storage::Transaction& t, const jindu::v1::NotTaken& one) {
  constexpr std::size_t longest = 256;
  if (one.version() != 1 || one.unit() != options_.peer || one.bundle_id().size() != 16 ||
      one.manifest_digest().size() != 32 || one.channel().size() > longest)
    return;
  exchange::BundleId raw{};
  std::copy(one.bundle_id().begin(), one.bundle_id().end(), reinterpret_cast<char*>(raw.data()));
  const auto id = exchange::to_text(raw);
  const auto digest = ::jindu::bytes_of(one.manifest_digest());
  if (one.settled()) return store::remove_not_taken(t, id, digest);
  const auto here = copy_here(t, id, digest_of(digest));
  const bool kept = store::put_not_taken(
      t,
      {id, Bytes(digest.begin(), digest.end()), one.channel(),
       static_cast<std::int64_t>(std::min<std::uint64_t>(one.sequence(), kSequenceMax)), to_unix_ms(now()), here},
      to_unix_ms(now() - kForeignShown));
  log::error(kept ? "unit.not_taken_there" : "unit.not_taken_full", {{"bundle", id}, {"here", here}});
}

}  // namespace jindu::gateway
