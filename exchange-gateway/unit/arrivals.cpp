// What the unit does with what a carrier brings: every check is made again here, by this unit's own policy.
#include <jindu/v1/signed.pb.h>

#include "common/runtime/messages.hpp"
#include "exchange-gateway/unit/effort.hpp"
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {
namespace {

// From when on a receipt that its sender does not have is not only on its way.
constexpr std::chrono::seconds kToldLongAgo{60};

// How long what cannot be verified yet is looked at again before it is given up: somebody who does not put it right
// must not fill the disk with it for ever.
constexpr std::chrono::hours kReceiptsAwaited{24 * 5};
// How often, and how many at once: each may hold a thousand receipts.
constexpr std::chrono::minutes kVerifiedAgain{1};
constexpr std::int64_t kVerifiedAtOnce = 20;

// Whether what lacks is here and can be put right: a revocation list, an issuer, a certificate. What is false, revoked
// or malformed stays so.
bool may_be_verified_later(const Error& error) {
  return error.fault == Fault::unavailable || error.code == "certificate.unknown_issuer";
}

// What stands before the seal.
std::size_t head_bytes(const exchange::BundleView& view) {
  return 4 + 4 + view.manifest_bytes.size() + 2 + view.signature.size();
}

bool has_sound_places(const store::Entry& e) {
  return e.sequence > 0 && e.sequence <= kSequenceMax && e.subject_sequence > 0 && e.subject_sequence <= kSequenceMax;
}

}  // namespace

struct Unit::Arrival {
  BytesView bundle;
  Custody custody = {};
  std::optional<Checked> checked = {};  // nothing: it was not taken, custody.error says why
  std::optional<Error> stray = {};      // not signed by whom it says
  result<Ruling> ruling = Ruling::pass;
  bool bytes_again = false;                            // it is here, but our disk has lost or changed its bytes
  bool reads_together = false, reads_packed = false;   // who made the control bundle
  std::vector<exchange::SignedReceipt> receipts = {};  // of a control bundle
  std::vector<store::Entry> ended = {};
  struct Message {
    std::string type;
    Bytes body, encoded;
  };
  std::vector<Message> messages = {};  // what the other unit says beside receipts
  std::optional<Error> lacking = {};   // why something in a control bundle cannot be verified yet
  std::int64_t effort = 0;             // that these cost
  std::int64_t crossed = 0;            // how many of ours its receipts say for the first time to be there

  void not_taken(Error error) {
    checked.reset();
    custody.error = std::move(error);
  }

  // No unit says more at once than this, but for the first comparison of much: it asks for that again every hour.
  void bound_messages() {
    // Of several questions what is remembered only the newest waits for an answer.
    std::size_t questions = 0, passed_over = 0;
    for (const auto& one : messages) questions += one.type == kRecallType ? 1 : 0;
    std::erase_if(messages, [&](const Message& one) {
      if (one.type == kRecallType && --questions > 0) return true;
      const auto more = effort_of(one.type, one.body);
      if (effort + more > kEffortAtOnce) {
        ++passed_over;
        return true;
      }
      effort += more;
      return false;
    });
    if (passed_over > 0) log::error("unit.told_too_much", {{"bundle", custody.id}, {"statements", passed_over}});
  }
};

// Everything that needs no journal, before the transaction.
Unit::Arrival Unit::prepare(BytesView bundle) {
  Arrival a{bundle};
  auto view = exchange::parse_bundle(bundle);
  if (!view) {
    a.not_taken(view.error());
    return a;
  }
  a.custody.id = exchange::to_text(view->id);
  a.checked.emplace(Checked{std::move(*view), {}});
  a.checked->entry = entry_of(a.checked->view, bundle.size(), false);
  const auto& e = a.checked->entry;
  if (!has_sound_places(e)) {
    a.not_taken({Fault::integrity, "bundle.manifest", "a sequence is out of bounds"});
    return a;
  }
  const auto signer = signer_of(a.checked->view.manifest);
  if (!signer) {
    const auto over = end_by_its_key(a.checked->view, e, signer.error());
    // A certificate that is not here yet, or not valid any more, can be put right: the bundle is only not taken now.
    if (over)
      a.ruling = *over;
    else
      a.not_taken(signer.error());
    return a;
  }
  if (auto ok = exchange::verify_bundle(a.checked->view, *signer, *trust_.held); !ok) {
    // A false signature stays false. Another key may be that of a certificate to come; damage, that of the way here.
    if (ok.error().code == "bundle.signature")
      a.stray = ok.error();
    else
      a.not_taken(ok.error());
    return a;
  }
  if (is_control(e) && e.from == options_.peer && e.to == options_.name)
    prepare_control(a);
  else if (e.to != options_.service || e.from == options_.service)
    a.ruling = Error{Fault::forbidden, "policy.wrong_way", "it does not go this way"};
  else
    a.ruling = judge_by_policy(a.checked->view, e);
  return a;
}

// How a bundle ends whose signer has a certificate that is not believed any more: nobody else could tell its sender,
// whose unit has given it to a carrier. The key must be known and have signed it. Nothing of it is ever delivered; a
// place is all that it takes, in a channel whose bundles the other unit alone can bring here.
std::optional<Error> Unit::end_by_its_key(const exchange::BundleView& view, const store::Entry& e,
                                          const Error& reason) {
  if (e.to != options_.service || e.from == options_.service) return {};
  const bool revoked = reason.code == "certificate.revoked";
  // An ended certificate may have a successor for the same key, or our clock be ahead: that is waited for.
  const bool too_late = reason.code == "certificate.expired" && e.expires_ms <= to_unix_ms(now());
  if (!revoked && !too_late) return {};
  const auto signer = known_signer_of(view.manifest);
  if (!signer || !exchange::verify_bundle(view, *signer, *trust_.held)) return {};
  if (revoked) return reason;
  return Error{Fault::expired, "policy.expired", "it expired before its signer had a valid certificate again"};
}

void Unit::prepare_control(Arrival& a) {
  auto payload = exchange::open_with_any(a.checked->view, signer_.key, options_.other_keys, trust_, now());
  if (!payload) return a.not_taken(payload.error());
  jindu::v1::ReceiptBatch batch;
  // A newer unit may put more into it: that is passed over, as statements of types that are not known here are.
  if (!parse_perhaps_newer(*payload, batch))
    return a.not_taken({Fault::integrity, "receipt.malformed", "a batch of receipts is not readable"});
  a.reads_together = batch.reads_together();
  a.reads_packed = batch.reads_packed();
  // What is judged by our clock may also be too early by it.
  const auto not_believed = [&](const char* event, const Error& error, bool by_our_clock = false) {
    if (may_be_verified_later(error) || (by_our_clock && error.code == "certificate.not_yet_valid"))
      a.lacking = error;
    else
      log::error(event, log::of(error));
  };
  for (const auto& encoded : batch.receipts()) {
    jindu::v1::Signed outer;
    if (parse_message(::jindu::bytes_of(encoded), outer).has_value() && outer.type() != evidence::kReceiptType) {
      // A newer unit may say more than this one understands: that is passed over, what stands beside it is not.
      auto statement = evidence::open_signed(::jindu::bytes_of(encoded), outer.type(), trust_, now(), options_.peer);
      if (statement)
        a.messages.push_back({outer.type(), std::move(statement->body), Bytes(encoded.begin(), encoded.end())});
      else
        not_believed("unit.bad_statement", statement.error(), true);
      continue;
    }
    auto receipt = exchange::open_whole_receipt(::jindu::bytes_of(encoded), trust_);
    if (receipt)
      a.receipts.push_back(std::move(*receipt));
    else
      not_believed("unit.bad_receipt", receipt.error());
  }
  for (const auto& together : batch.together())
    for (auto& receipt : exchange::open_receipts(together, trust_)) {
      if (receipt)
        a.receipts.push_back(std::move(*receipt));
      else
        not_believed("unit.bad_receipt", receipt.error());
    }
  for (const auto& ended : batch.ended()) {
    auto entry = entry_of_manifest(::jindu::bytes_of(ended.manifest()), ::jindu::bytes_of(ended.signature()));
    if (entry && entry->to == options_.service)
      a.ended.push_back(std::move(*entry));
    else if (!entry && entry.error().code == "bundle.signer")
      a.lacking = entry.error();  // a certificate that is not made known here yet
    else
      log::error("unit.bad_ended", {{"channel", entry ? entry->channel : ""}});
  }
  if (a.lacking && !is_awaited(a)) {
    log::error("unit.bad_receipt", log::of(*a.lacking));
    a.lacking.reset();
  }
  a.bound_messages();
}

// A receipt is told once, and nothing would bring it again: the control bundle that holds it is kept until it can be
// verified.
bool Unit::is_awaited(const Arrival& a) const {
  const auto age = now() - from_unix_ms(a.checked->entry.created_ms);
  // A unit that has forgotten halts until it is heard, and both ask anew then for what they may have missed.
  const bool of_recovery = std::any_of(a.messages.begin(), a.messages.end(), [](const Arrival::Message& one) {
    return one.type == kEpochType || one.type == kRecallType || one.type == kRecalledType;
  });
  return age < kReceiptsAwaited && age >= -kAheadMost && !of_recovery;
}

// What can be verified counts at once, and once more changes nothing. What is said beside it may: that waits, and is
// said once.
void Unit::apply_control(storage::Transaction& t, Arrival& a, const store::Entry& e) {
  for (const auto& ended : a.ended) apply_ended(t, ended);
  for (const auto& one : a.receipts) a.crossed += apply_receipt(t, one) ? 1 : 0;
  if (a.lacking) return;
  for (const auto& message : a.messages) apply_message(t, e, message.type, message.body, message.encoded);
}

// Page by page as long as something of a page could be verified: what is lacking mostly lacks to all behind it as well.
result<void> Unit::verify_again() {
  if (std::chrono::steady_clock::now() < verifies_again_) return {};
  bool anything = false;
  for (bool goes_on = true; goes_on;) {
    std::vector<std::pair<store::Entry, Bytes>> page;
    auto ok = journal_.read([&](storage::Transaction& t) {
      page.clear();
      for (auto& e : store::unverified(t, verified_up_to_.first, verified_up_to_.second, kVerifiedAtOnce)) {
        auto bytes = store::small(t, e.id).value_or(Bytes());
        page.emplace_back(std::move(e), std::move(bytes));
      }
    });
    if (!ok) return ok;
    goes_on = false;
    for (const auto& [entry, bytes] : page) {
      verified_up_to_ = {entry.stored_ms, entry.id};
      Arrival a{bytes};
      auto view = exchange::parse_bundle(bytes);
      if (view) {
        a.custody.id = entry.id;
        a.checked.emplace(Checked{std::move(*view), entry});
        prepare_control(a);
      } else {
        a.custody.error = view.error();
      }
      // Its own disk has lost it, or the key to it is here no more: nothing would bring it again.
      if (!a.checked) log::error("unit.bad_receipt", log::of(*a.custody.error));
      if (a.lacking && a.lacking->code == entry.code) continue;
      ok = journal_.write([&](storage::Transaction& t) {
        a.crossed = 0;
        auto e = store::find(t, entry.id);
        if (!e || e->state == State::ended) return;
        if (a.checked) apply_control(t, a, *e);
        if (a.lacking)
          store::set_unverified(t, e->id, a.lacking->code);
        else
          store::end(t, *e, "", to_unix_ms(now()));
      });
      if (!ok) return ok;
      recent_.add("carried", now(), a.crossed);
      goes_on = anything = true;
    }
    if (static_cast<std::int64_t>(page.size()) < kVerifiedAtOnce) {
      verified_up_to_ = {};
      goes_on = false;
    }
  }
  verifies_again_ = std::chrono::steady_clock::now() + kVerifiedAgain;
  if (!anything) return {};
  for_service_.tell();
  for_carrier_.tell();
  return {};
}

// Whether the sending node made this manifest: the other unit alone cannot fill a place in its channel. What ended
// there may have been signed with a key that is over by now: without its body nothing of it is ever delivered.
result<store::Entry> Unit::entry_of_manifest(BytesView manifest, BytesView signature) {
  exchange::BundleView view;
  view.manifest_bytes = manifest;
  view.signature = signature;
  const auto& m = view.manifest;
  if (manifest.size() > exchange::kManifestMax || !parse_perhaps_newer(manifest, view.manifest).has_value() ||
      m.bundle_id().size() != 16 || m.previous_digest().size() != 32 || m.subject().size() != 16 ||
      m.channel() != exchange::channel_of(m.from(), m.to()) ||
      (m.from() == options_.service) == (m.to() == options_.service))
    return Error{Fault::integrity, "bundle.manifest", "a manifest is malformed, or of others"};
  std::copy(m.bundle_id().begin(), m.bundle_id().end(), reinterpret_cast<char*>(view.id.data()));
  view.manifest_digest = crypto::sha256(view.manifest_bytes);
  const auto signer = known_signer_of(m);
  if (!signer) return signer.error();
  auto entry = entry_of(view, m.payload_length(), false);
  if (!exchange::signs_manifest(*signer, view.manifest_digest, signature, *trust_.held) || !has_sound_places(entry))
    return Error{Fault::integrity, "bundle.signature", "the signature of a manifest does not hold"};
  return entry;
}

// Kept aside with its reason; takes no place in the channel. A fork is its sender's doing and gets a signed receipt. A
// false signature does not: the manifest may be a real one, and what is signed about it must stay true when that comes.
void Unit::settle_stray(storage::Transaction& t, ReceiptBook& book, Arrival& a, const store::Entry& e,
                        const Error& reason) {
  if (!store::is_stray(t, e)) {
    const auto kept = a.bundle.first(a.bundle.size() <= store::kSmall ? a.bundle.size() : head_bytes(a.checked->view));
    if (!store::put_stray(t, e, reason, kept)) {
      a.custody.error = Error{Fault::conflict, "unit.quarantine_full", "too much is quarantined; operators must look"};
      return;
    }
  }
  if (a.stray)
    a.custody.error = reason;
  else
    book.add(e, jindu::v1::RUNG_QUARANTINED, reason.code, reason.detail, {.to_send = true}, &a.custody.receipt);
}

void Unit::settle(storage::Transaction& t, ReceiptBook& book, Arrival& a) {
  a.custody.receipt = {};
  a.crossed = 0;
  if (!a.checked) return;
  a.custody.error.reset();
  auto e = a.checked->entry;
  if (a.stray) return settle_stray(t, book, a, e, *a.stray);
  const auto known = store::outline(t, e.id);
  if (known && known->manifest_digest == e.manifest_digest) {
    if (known->outward)
      a.custody.error = Error{Fault::forbidden, "policy.wrong_way", "this was sent from here"};
    else {
      if (a.bytes_again && known->state != State::ended) store::replace_bytes(t, e, a.bundle);
      book.first_answer(*known, a.custody.receipt);
      // It has come again long after that was told: what told it was lost, perhaps with a disk there or here.
      store::tell_again(t, *known, to_unix_ms(now()), to_unix_ms(now() - kToldLongAgo));
    }
    return;
  }
  const bool control = is_control(e) && a.ruling;
  if (control && !known) {
    const auto approval = std::find_if(a.messages.begin(), a.messages.end(),
                                       [](const Arrival::Message& one) { return one.type == kEpochType; });
    if (!control_may_stand(t, a.custody, e, approval == a.messages.end() ? nullptr : &approval->body)) return;
  }
  const auto head = store::channel_head(t, e.channel);
  // Rows of old control bundles are gone; the head remembers that they were here.
  if (control && head.epoch == e.epoch && head.sequence >= static_cast<std::uint64_t>(e.sequence)) return;
  const Error fork{Fault::integrity, "bundle.fork", "another bundle with this id is here"};
  auto fit = known ? result<void>(fork) : fits(store::neighbours(t, e), link_of(e));
  if (!fit && fit.error().code == "bundle.fork" && control && !known) return other_side_forgot(t, a.custody, e);
  if (!fit && fit.error().code == "bundle.fork") return settle_stray(t, book, a, e, fit.error());
  if (!fit) {
    a.custody.error = fit.error();
    return;
  }
  if (!a.ruling) {
    const bool expired = a.ruling.error().fault == Fault::expired;
    e.state = State::ended;
    e.code = a.ruling.error().code;
    // What is quarantined is kept for people to look at; what is only late, as long as everything else.
    e.ended_ms = expired ? e.stored_ms : 0;
    store::insert(t, e);
    if (e.file.empty()) store::put_small(t, e.id, a.bundle);
    book.add(e, expired ? jindu::v1::RUNG_EXPIRED : jindu::v1::RUNG_QUARANTINED, e.code, a.ruling.error().detail,
             {.to_send = true}, &a.custody.receipt);
    // Those behind it about the same subject go on: the sender hears that this one did not.
    promote_if_next(t, e);
  } else if (control) {
    e.state = a.lacking ? State::early : State::ended;
    e.ended_ms = a.lacking ? 0 : e.stored_ms;
    e.code = a.lacking ? a.lacking->code : "";
    store::insert(t, e);
    if (a.lacking) store::put_small(t, e.id, a.bundle);
    peer_reads_together_ = a.reads_together;
    // Kept, as a person's export is a program of its own.
    if (a.reads_packed != (store::state_value(t, store::kPeerReadsPacked) != 0))
      store::set_state_value(t, store::kPeerReadsPacked, a.reads_packed ? 1 : 0);
    apply_control(t, a, e);
    // What was made in our future was made by a clock ahead of ours; the opposite the other unit sees.
    const auto ahead = std::max<std::int64_t>(e.created_ms - e.stored_ms, 0);
    if (ahead > 1'000 || store::state_value(t, "peer_ahead_ms") != 0) store::set_state_value(t, "peer_ahead_ms", ahead);
  } else if (store::is_stopped(t, e.channel)) {
    a.custody.error = stopped(e.channel);
    a.custody.error->fault = Fault::conflict;  // of this one alone; others are taken
    return;
  } else {
    const bool hold = *a.ruling == Ruling::hold;
    e.state = hold ? State::held : State::early;
    const bool next = !hold && is_next(t, e);
    if (next) store::become_ready(t, e);
    store::insert(t, e);
    if (e.file.empty()) store::put_small(t, e.id, a.bundle);
    book.add(e, jindu::v1::RUNG_CARRIED, "", "", {.to_send = true}, &a.custody.receipt);
    if (hold) book.add(e, jindu::v1::RUNG_HELD, "policy.hold", "", {.to_send = true});
    if (next) promote(t, e);
  }
  store::advance_over(t, e);
}

std::vector<Custody> Unit::take_from_carrier(const std::vector<Bytes>& bundles) {
  const std::vector<BytesView> views(bundles.begin(), bundles.end());
  return take_from_carrier(std::span(views));
}

std::vector<Custody> Unit::take_from_carrier(std::span<const BytesView> bundles) {
  std::vector<Arrival> arrivals;
  arrivals.reserve(bundles.size());
  for (const auto bundle : bundles) arrivals.push_back(prepare(bundle));
  // What is here already costs neither room nor rate.
  std::set<std::string> known, stopped_channels;
  auto ok = journal_.read([&](storage::Transaction& t) {
    known.clear();
    stopped_channels.clear();
    for (auto& a : arrivals) {
      a.bytes_again = false;
      const auto here = a.checked ? store::outline(t, a.custody.id) : std::nullopt;
      if (!here) continue;
      known.insert(here->id);
      a.bytes_again = !here->outward && here->state != State::ended && !a.stray &&
                      here->manifest_digest == a.checked->entry.manifest_digest &&
                      store::bytes_missed_ms(t, here->id) > 0;
    }
    for (auto& one : store::stops(t)) stopped_channels.insert(std::move(one.channel));
    for (auto& a : arrivals)
      if (a.checked && !a.ruling && !known.contains(a.custody.id) && may_have_been_here(t, a.checked->entry)) {
        // What may have been applied is not told to have ended otherwise; and by a stolen key nothing more is.
        if (a.ruling.error().code == "certificate.revoked") a.not_taken(a.ruling.error());
        if (!a.checked || a.ruling.error().fault != Fault::expired) continue;
        const auto* rule = find_rule(options_.policy, passenger_of(a.checked->entry));
        a.ruling = rule != nullptr && rule->hold ? Ruling::hold : Ruling::pass;
      }
  });
  std::size_t bytes = 0;
  std::int64_t effort = 0;
  const auto free = free_bytes();
  store::BundleFiles::Batch files(files_, now());
  std::vector<Arrival*> kept;
  GuestsOf guests;
  for (auto& a : arrivals) {
    if (!ok || !a.checked || a.stray) continue;
    auto& e = a.checked->entry;
    if (a.bytes_again) {
      files.add(e, a.bundle);
      kept.push_back(&a);
    }
    if (known.contains(a.custody.id)) continue;
    const bool control = is_control(e) && a.ruling;
    if (effort > 0 && effort + a.effort > kEffortAtOnce) {
      a.not_taken({Fault::limited, "control.too_much", "what was said beside it is looked at first"});
      continue;
    }
    effort += a.effort;
    if (!control && a.ruling && stopped_channels.contains(e.channel)) {
      a.not_taken({Fault::conflict, "policy.stopped", stopped(e.channel).detail});
      continue;
    }
    if (auto now_or_later = control ? result<void>() : may_come_now(e, a.ruling.has_value(), guests); !now_or_later) {
      a.not_taken(now_or_later.error());
      continue;
    }
    if (!control && a.ruling && !in_time(e)) {
      a.not_taken({Fault::limited, "policy.rate", "more of '" + e.kind + "' than may cross in a minute"});
      continue;
    }
    bytes += a.bundle.size();
    // Receipts are let in when nothing else is: they are what makes room, unless they have to be kept.
    if (auto room = room_for(bytes, free); !room && (!control || a.lacking))
      a.not_taken(room.error());
    else if (!control) {
      files.add(e, a.bundle);
      kept.push_back(&a);
    }
  }
  files.write();
  for (std::size_t i = 0; i < files.size(); ++i)
    if (files.error(i)) kept[i]->not_taken(*files.error(i));
  if (ok)
    ok = journal_.write([&](storage::Transaction& t) {
      ReceiptBook book(t, signer_, now());
      for (auto& a : arrivals) settle(t, book, a);
      book.keep();
      store::set_state_value(t, "peer_heard_ms", to_unix_ms(now()));
    });
  files.settle(ok.has_value());
  std::vector<Custody> custody;
  for (auto& a : arrivals) {
    if (!ok) a.not_taken(ok.error());
    if (a.custody.error) {
      count("not_taken", "");
    } else if (!a.ruling) {
      const auto& reason = a.ruling.error();
      log::error(reason.fault == Fault::expired ? "unit.expired" : "unit.quarantined",
                 {{"bundle", a.custody.id}, {"code", reason.code}, {"detail", reason.detail}});
      count("quarantined", kind_label(options_.policy, a.checked->entry.kind));
    } else {
      count("arrived", kind_label(options_.policy, a.checked->entry.kind));
      recent_.add("carried", now(), a.crossed);
      if (a.checked && !is_control(a.checked->entry) && !known.contains(a.custody.id)) recent_.add("arrived", now());
      if (a.lacking && !known.contains(a.custody.id))
        log::error("unit.receipts_unverified",
                   {{"bundle", a.custody.id}, {"code", a.lacking->code}, {"detail", a.lacking->detail}});
    }
    custody.push_back(std::move(a.custody));
  }
  log_not_taken("unit.not_taken", custody);
  for_service_.tell();
  for_carrier_.tell();  // receipts to send
  return custody;
}

// A bundle that ended on the other side before it could cross: its place is filled here without it.
void Unit::apply_ended(storage::Transaction& t, store::Entry e) {
  if (store::is_here(t, e.id)) return;
  if (auto fit = fits(store::neighbours(t, e), link_of(e)); !fit) {
    log::error("unit.bad_ended", log::of(fit.error()));
    return;
  }
  e.state = State::ended;
  e.ended_ms = e.stored_ms;
  e.code = "ended.before_crossing";
  store::insert(t, e);
  promote_if_next(t, e);
  store::advance_over(t, e);
}

bool Unit::apply_receipt(storage::Transaction& t, const exchange::SignedReceipt& one, bool recalled) {
  const auto& receipt = one.receipt;
  const auto id = exchange::to_text(receipt.bundle);
  auto entry = store::outline(t, id);
  if (!entry) return receipt_of_unknown(t), false;
  if (digest_of(entry->manifest_digest) != receipt.manifest_digest) return false;
  auto teller = Teller::stranger;
  if (receipt.party == options_.peer)
    teller = entry->outward ? Teller::unit_of_destination : Teller::unit_of_sender;
  else if (receipt.party == entry->to && (entry->outward || recalled))
    teller = Teller::destination;
  else if (recalled && receipt.party == options_.name)
    teller = entry->outward ? Teller::unit_of_sender : Teller::unit_of_destination;
  if (!may_say(teller, receipt.rung)) {
    log::error("unit.bad_receipt", {{"code", "receipt.party"}, {"party", receipt.party}, {"bundle", id}});
    return false;
  }
  store::add_receipt(t, receipt, one.bytes, entry->outward, false);
  if (!entry->outward) {
    // We had said ourselves that it has ended, or our service had.
    if (!recalled || !ends(receipt.rung) || entry->state == State::ended) return false;
    const bool turn_was_over = entry->state == State::ready;
    store::end(t, *entry, receipt.code, to_unix_ms(now()));
    if (!turn_was_over) promote_if_next(t, store::find(t, id).value());
    return false;
  }
  const auto state = after_receipt(entry->state, receipt.rung);
  if (state == entry->state) return false;
  const bool crossed = entry->state == State::waiting && !is_control(*entry);
  if (state == State::ended)
    store::end(t, *entry, receipt.code, to_unix_ms(now()));
  else
    store::set_state(t, *entry, state);
  return crossed;
}

}  // namespace jindu::gateway
