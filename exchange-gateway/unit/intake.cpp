// What the unit does for its own service: takes bundles from it, gives it bundles and receipts.
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {
namespace {

constexpr std::chrono::minutes kBytesAskedAgain{10};

bool fits_next_load(const store::Sum& before, const store::Entry& e) {
  return before.bundles < kLoadBundles && before.bytes + e.size <= static_cast<std::int64_t>(kLoadBytes);
}

}  // namespace

result<void> is_as_taken(BytesView bundle, const store::Entry& e) {
  const auto view = exchange::parse_bundle(bundle);
  if (!view) return view.error();
  if (digest_of(e.manifest_digest) != view->manifest_digest || text_of(view->signature) != text_of(e.signature))
    return Error{Fault::integrity, "bundle.digest", "the manifest is not the one that was taken"};
  return exchange::check_digests(*view);
}

// Its digests would cost as much once more as all that the unit did to verify it when it came.
result<void> is_as_kept(BytesView bundle, const store::Entry& e) {
  if (e.checksum == 0) return is_as_taken(bundle, e);
  if (store::checksum_of(bundle) == e.checksum) return {};
  return Error{Fault::integrity, "bundle.digest", "the disk does not give back what was taken"};
}

// A bundle that our service offers, on its way to being taken.
struct Unit::Offer {
  BytesView bundle;
  store::Entry entry;
  result<Ruling> ruling;
  exchange::ReceiptBytes answer = {};
  bool known = false;
  bool bytes_again = false;         // it is known, but our disk has lost or changed its bytes
  std::optional<Error> doubt = {};  // about signer or date; it counts only where the bundle is not known already
};

// What can be said of a bundle by itself.
result<Unit::Offer> Unit::examine(BytesView bundle) {
  auto view = exchange::parse_bundle(bundle);
  if (!view) return view.error();
  auto e = entry_of(*view, bundle.size(), true);
  if (e.from != options_.service)
    return Error{Fault::forbidden, "unit.not_yours", "only bundles of '" + options_.service + "' are taken here"};
  if (e.sequence <= 0 || e.sequence > kSequenceMax || e.subject_sequence <= 0 || e.subject_sequence > kSequenceMax)
    return Error{Fault::integrity, "bundle.manifest", "a sequence is out of bounds"};
  auto ruling = judge_by_policy(*view, e);
  Offer offer{bundle, std::move(e), std::move(ruling)};
  const auto signer = signer_of(view->manifest);
  if (!signer)
    offer.doubt = signer.error();
  else if (auto ok = exchange::verify_bundle(*view, *signer, *trust_.held); !ok)
    return ok.error();
  if (auto ok = check_date(offer.entry, now()); !ok && !offer.doubt) offer.doubt = ok.error();
  // Such fields are those of a newer program, not of one bundle: all of it waits until the unit is as new, or the
  // policy lets them pass. A place in the channel would be told to the other unit with the whole manifest.
  if (!offer.ruling && offer.ruling.error().code == code_of(Bar::fields) && !offer.doubt)
    offer.doubt = offer.ruling.error();
  return offer;
}

// The same bundle again gets the same answer; another one with its id is a fork.
result<void> Unit::recognise(storage::Transaction& t, ReceiptBook& book, Offer& offer) const {
  offer.answer = {};
  const auto known = store::outline(t, offer.entry.id);
  offer.known = known.has_value();
  if (!known) return {};
  if (!known->outward || known->manifest_digest != offer.entry.manifest_digest)
    return Error{Fault::conflict, "bundle.fork", "another bundle with this id is here"};
  // A unit that was restored knows again from the other one that it had taken it, but not what it had said: it says so
  // anew.
  if (!book.first_answer(*known, offer.answer)) book.add(*known, jindu::v1::RUNG_STORED, "", "", {}, &offer.answer);
  return {};
}

// Whether it may come now, as the next of its channel.
result<void> Unit::has_its_turn(storage::Transaction& t, const Offer& offer) {
  if (store::is_stopped(t, offer.entry.channel)) return stopped(offer.entry.channel);
  if (offer.ruling)
    if (auto ok = check_quota(t, offer.entry); !ok) return ok;
  auto follows = continues(store::channel_head(t, offer.entry.channel), link_of(offer.entry));
  if (!follows && follows.error().code == "bundle.gap") {
    // What the other unit has told of stands behind a gap until our service has filled that.
    store::advance_over_present(t, offer.entry.channel);
    follows = continues(store::channel_head(t, offer.entry.channel), link_of(offer.entry));
  }
  if (!follows && follows.error().code == "bundle.gap") service_skips(t, offer.entry);
  if (follows || follows.error().code != "bundle.fork") return follows;
  // What was here and is lost is our service's own: it counts also where what follows it is lost as well.
  const auto lost = store::neighbours(t, offer.entry);
  const auto fit = fits(lost, link_of(offer.entry));
  if (lost.passed && (fit || fit.error().code == "bundle.gap")) return {};
  return follows;
}

void Unit::settle(storage::Transaction& t, ReceiptBook& book, Offer& offer) {
  auto& entry = offer.entry;
  if (store::channel_head(t, entry.channel).sequence < static_cast<std::uint64_t>(entry.sequence))
    store::set_channel_head(t, entry.channel, link_of(entry));
  if (!offer.ruling) {
    // The place in the channel is used, and the other side will hear of it: nothing is missing there.
    entry.state = State::ended;
    entry.ended_ms = entry.stored_ms;
    entry.code = offer.ruling.error().code;
    store::insert(t, entry);
    step_over_remembered(t, entry.channel);
    book.add(entry, jindu::v1::RUNG_REFUSED, entry.code, offer.ruling.error().detail, {true, true}, &offer.answer);
    return;
  }
  const bool hold = *offer.ruling == Ruling::hold;
  entry.state = hold ? State::held : State::waiting;
  // Said at once of what the next request of the link takes: one commit less on its way.
  entry.offered = !hold && offer.bundle.size() <= store::kSmall &&
                  std::chrono::steady_clock::now() < link_is_up_until_.load() && is_open_now(entry) &&
                  fits_next_load(store::sum_of(t, entry.from, {State::waiting}), entry);
  store::insert(t, entry);
  if (entry.file.empty()) store::put_small(t, entry.id, offer.bundle);
  step_over_remembered(t, entry.channel);
  // This one is the answer, which the service asks for until it has it: the list of receipts need not repeat it.
  book.add(entry, jindu::v1::RUNG_STORED, "", "", {}, &offer.answer);
  book.add(entry, jindu::v1::RUNG_VERIFIED, "", "", {.for_service = true});
  if (hold) book.add(entry, jindu::v1::RUNG_HELD, "policy.hold", "", {.for_service = true});
}

result<Bytes> Unit::take_from_service(BytesView bundle) {
  auto taken = take_from_service(std::vector{bundle});
  if (taken.error) return std::move(*taken.error);
  return taken.receipts.front().whole();
}

// Each must follow the one before it: the first that cannot be taken ends it.
Unit::Taken Unit::take_from_service(const std::vector<BytesView>& bundles) {
  Taken taken;
  std::vector<Offer> offers;
  std::size_t bytes = 0;
  const auto free = free_bytes();
  for (const auto bundle : bundles) {
    bytes += bundle.size();
    const auto room = room_for(bytes, free);
    auto offer = room ? examine(bundle) : room.error();
    if (!offer) {
      taken.error = offer.error();
      break;
    }
    offers.push_back(std::move(*offer));
  }
  std::size_t ready = 0;
  auto ok = journal_.read([&](storage::Transaction& t) {
    ReceiptBook book(t, signer_, now());
    for (ready = 0; ready < offers.size(); ++ready)
      if (auto known = recognise(t, book, offers[ready]); !known) {
        taken.error = known.error();
        return;
      } else if (offers[ready].doubt && !offers[ready].known) {
        taken.error = offers[ready].doubt;
        return;
      } else if (offers[ready].known && store::bytes_missed_ms(t, offers[ready].entry.id) > 0) {
        const auto here = store::find(t, offers[ready].entry.id);
        offers[ready].bytes_again = here && here->state != State::ended && is_as_taken(offers[ready].bundle, *here);
      }
  });
  store::BundleFiles::Batch files(files_, now());
  std::vector<std::size_t> places;  // of those whose bytes are kept
  for (std::size_t i = 0; ok && i < ready; ++i) {
    auto& offer = offers[i];
    if (!offer.bytes_again && (offer.known || !offer.ruling)) continue;
    if (offer.bytes_again || in_time(offer.entry)) {
      files.add(offer.entry, offer.bundle);
      places.push_back(i);
      continue;
    }
    taken.error = Error{Fault::limited, "policy.rate",
                        "more of '" + offer.entry.kind + "' than may cross in a minute; try again later"};
    ready = i;
  }
  files.write();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files.error(i)) continue;
    taken.error = files.error(i);
    ready = places[i];
    break;
  }
  std::size_t settled = 0;
  std::optional<Error> out_of_turn;
  if (ok)
    ok = journal_.write([&](storage::Transaction& t) {
      out_of_turn.reset();
      ReceiptBook book(t, signer_, now());
      const bool restored = store::open_restoration(t).recovery() != store::Recovery::none;
      for (settled = 0; settled < ready; ++settled) {
        auto& offer = offers[settled];
        auto fits = recognise(t, book, offer);
        if (fits && offer.known && offer.bytes_again) store::replace_bytes(t, offer.entry, offer.bundle);
        if (fits && offer.known) continue;
        if (fits && restored) fits = restored_error();
        if (fits) fits = has_its_turn(t, offer);
        if (!fits) {
          out_of_turn = fits.error();
          break;
        }
        settle(t, book, offer);
      }
      book.keep();
    });
  files.settle(ok.has_value());
  if (!ok) {
    taken.error = ok.error();
    return taken;
  }
  if (out_of_turn) taken.error = out_of_turn;
  for (std::size_t i = 0; i < settled; ++i) {
    auto& offer = offers[i];
    taken.receipts.push_back(std::move(offer.answer));
    if (offer.bytes_again) has_sent_bytes_of(offer.entry.id);
    if (offer.known) continue;
    count(offer.ruling ? "stored" : "refused", kind_label(options_.policy, offer.entry.kind));
    recent_.add("taken", now());
    if (!offer.ruling) log::warn("unit.refused", {{"bundle", offer.entry.id}, {"code", offer.ruling.error().code}});
  }
  for_carrier_.tell();
  for_service_.tell();
  return taken;
}

// As open_lanes does for carriers.
Unit::Doors Unit::doors(storage::Transaction& t, const std::set<store::Lane>& passed) const {
  Doors doors;
  for (auto& lane : store::ready_lanes(t, options_.service)) {
    const auto* rule = rule_of(options_.policy, lane.channel, lane.kind);
    const bool open = !store::is_stopped(t, lane.channel) && (rule == nullptr || is_open(rule->hours, now())) &&
                      !passed.contains(lane);
    (open ? doors.open : doors.closed).push_back(std::move(lane));
  }
  return doors;
}

// Order is kept per subject: what comes behind something that is out of its hours waits with it.
bool Unit::is_behind(storage::Transaction& t, const std::vector<store::Lane>& closed, const store::Entry& e) const {
  if (std::none_of(closed.begin(), closed.end(), [&](const auto& lane) { return lane.channel == e.channel; }))
    return false;
  const auto before = store::ready_before(t, e);
  return std::any_of(closed.begin(), closed.end(), [&](const auto& lane) {
    return lane.channel == e.channel && std::find(before.begin(), before.end(), lane.kind) != before.end();
  });
}

std::int64_t Unit::oldest_to_fetch_ms(storage::Transaction& t) const {
  constexpr std::int64_t looked_at = 100;
  const auto now_to = doors(t);
  if (now_to.closed.empty()) return store::oldest_ms(t, State::ready).value_or(0);
  // Numbers of deliveries rise with time: close enough, and found at once however much is out of its hours.
  for (const auto& e : store::deliveries(t, options_.service, now_to.open, 0, looked_at))
    if (!is_behind(t, now_to.closed, e)) return e.stored_ms;
  return 0;
}

result<std::vector<Unit::Delivery>> Unit::deliveries(std::int64_t after, std::int64_t limit) {
  std::vector<Delivery> list;
  auto ok = journal_.read([&](storage::Transaction& t) {
    list.clear();
    if (store::open_restoration(t).recovery() != store::Recovery::none) return;
    const auto now_to = doors(t);
    for (const auto& e : store::deliveries(t, options_.service, now_to.open, after, limit))
      if (!is_behind(t, now_to.closed, e)) list.push_back({e.delivery, e.id, e.size});
  });
  if (!ok) return ok.error();
  return list;
}

result<Bytes> Unit::deliver(const std::string& id) {
  std::vector<Given> given;
  std::vector<store::Entry> lacking;
  auto ok = journal_.read([&](storage::Transaction& t) {
    given.clear();
    lacking.clear();
    const auto entry = store::find(t, id);
    if (!entry || entry->outward || entry->to != options_.service || entry->state != State::ready) return;
    if (store::is_stopped(t, entry->channel)) throw ErrorException(stopped(entry->channel));
    if (!is_open_now(*entry) || is_behind(t, doors(t).closed, *entry))
      throw ErrorException({Fault::unavailable, "policy.hours", "it is delivered when its hours have begun"});
    if (store::open_restoration(t).recovery() != store::Recovery::none) throw ErrorException(restored_error());
    files::Parts parts;
    auto one = give(t, *entry, parts);
    if (one)
      given.push_back(std::move(*one));
    else
      lacking.push_back(*entry);
  });
  if (ok) ok = ask_for_bytes(lacking);
  if (ok) ok = say_delivered(given);
  if (!ok) return ok.error();
  if (given.empty()) return Error{Fault::not_found, "bundle.unknown", "there is no such bundle to deliver"};
  return std::move(given.front().bundle);
}

result<std::vector<Unit::Given>> Unit::deliver(std::int64_t after, std::int64_t limit, std::size_t bytes) {
  Round round;
  {
    const std::lock_guard lock(unreadable_mutex_);
    if (after == 0) round_.emplace();
    // This unit was started in the middle of one, and does not know what was passed over: the service begins anew.
    if (!round_) return std::vector<Given>{};
    round = *round_;
  }
  std::vector<Given> given;
  std::vector<store::Entry> lacking;
  auto ok = journal_.read([&](storage::Transaction& t) {
    given.clear();
    lacking.clear();
    if (store::open_restoration(t).recovery() != store::Recovery::none) return;
    files::Parts parts;
    // What cannot be read, or is out of its hours, keeps nothing waiting but what comes behind it about the same
    // subject.
    const auto now_to = doors(t, round.passed);
    round.passed.insert(now_to.closed.begin(), now_to.closed.end());
    std::size_t sum = 0;
    auto from = after;
    for (bool full = false; given.empty() && !full;) {
      const auto entries = store::deliveries(t, options_.service, now_to.open, from, limit);
      if (entries.empty()) return;
      from = entries.back().delivery;
      for (const auto& entry : entries) {
        if (round.unreadable.contains({entry.channel, entry.subject}) || is_behind(t, now_to.closed, entry)) continue;
        sum += static_cast<std::size_t>(entry.size);
        full = !given.empty() && sum > bytes;
        if (full) break;
        auto one = give(t, entry, parts);
        if (one) {
          given.push_back(std::move(*one));
          continue;
        }
        lacking.push_back(entry);
        round.unreadable.insert({entry.channel, entry.subject});
      }
    }
  });
  {
    const std::lock_guard lock(unreadable_mutex_);
    if (round_) {
      round_->unreadable.merge(round.unreadable);
      round_->passed.merge(round.passed);
    }
  }
  if (ok) ok = ask_for_bytes(lacking);
  if (ok) ok = say_delivered(given);
  if (!ok) return ok.error();
  return given;
}

result<Unit::Given> Unit::give(storage::Transaction& t, const store::Entry& entry, files::Parts& parts) const {
  auto bytes = read_bytes(t, entry.id, entry.file, entry.size, parts);
  if (!bytes) return bytes.error();
  if (auto ok = is_as_kept(*bytes, entry); !ok) return ok.error();
  const bool told = store::has_receipt(t, entry.id, entry.manifest_digest, jindu::v1::RUNG_DELIVERED, signer_.name);
  return Given{entry.delivery, std::move(*bytes), entry, told};
}

// The other unit keeps the bytes of what has not ended: it brings them again, and they take the place of those here.
// That they were asked for stands in the journal, as a person's import is a program of its own.
result<void> Unit::ask_for_bytes(const std::vector<store::Entry>& lacking) {
  if (lacking.empty()) return {};
  note_damaged(lacking.back().id);
  const auto due = [&](storage::Transaction& t, const std::string& id) {
    const auto asked = store::bytes_missed_ms(t, id), at = to_unix_ms(now());
    return asked == 0 || asked > at || at - asked >= std::chrono::milliseconds(kBytesAskedAgain).count();
  };
  // Those that give them out ask at every moment.
  bool any = false;
  auto ok = journal_.read([&](storage::Transaction& t) {
    any = std::any_of(lacking.begin(), lacking.end(), [&](const store::Entry& e) { return due(t, e.id); });
  });
  if (!ok || !any) return ok;
  std::vector<const store::Entry*> asked;
  ok = journal_.write([&](storage::Transaction& t) {
    asked.clear();
    for (const auto& e : lacking) {
      if (!due(t, e.id)) continue;
      store::set_bytes_missed(t, e.id, to_unix_ms(now()));
      store::tell_peer(t, request_for(e.channel, e.epoch, e.sequence, e.sequence));
      asked.push_back(&e);
    }
  });
  for (const auto* e : asked) log::error("unit.bytes_damaged", {{"bundle", e->id}});
  for_carrier_.tell();
  return ok;
}

// Said before the bytes go out: from now on only the service can tell what became of them. What is no longer there is
// taken out.
result<void> Unit::say_delivered(std::vector<Given>& given) {
  if (std::all_of(given.begin(), given.end(), [](const Given& one) { return one.told; })) return {};
  std::set<std::string> gone;
  auto ok = journal_.write([&](storage::Transaction& t) {
    gone.clear();
    ReceiptBook book(t, signer_, now());
    for (const auto& one : given) {
      if (one.told) continue;
      const auto present = store::outline(t, one.entry.id);
      if (present && present->state == State::ready)
        book.add(one.entry, jindu::v1::RUNG_DELIVERED, "", "", {.to_send = true});
      else
        gone.insert(one.entry.id);
    }
    book.keep();
  });
  if (!ok) return ok;
  std::erase_if(given, [&](const Given& one) { return gone.contains(one.entry.id); });
  for (const auto& one : given)
    if (!one.told) count("delivered", kind_label(options_.policy, one.entry.kind));
  return {};
}

result<void> Unit::service_receipt(BytesView encoded) {
  auto refused = service_receipts({exchange::open_whole_receipt(encoded, trust_)});
  if (!refused) return refused.error();
  if (!refused->empty()) return refused->front().second;
  return {};
}

result<std::vector<std::pair<std::size_t, Error>>> Unit::service_receipts(
    const std::vector<result<exchange::SignedReceipt>>& receipts) {
  std::vector<std::pair<std::size_t, Error>> unfit, refused;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (!receipts[i])
      unfit.emplace_back(i, receipts[i].error());
    else if (receipts[i]->receipt.party != options_.service)
      unfit.emplace_back(
          i, Error{Fault::forbidden, "unit.not_yours", "only receipts of '" + options_.service + "' are taken here"});
    else if (!may_say(Teller::destination, receipts[i]->receipt.rung))
      unfit.emplace_back(i, Error{Fault::invalid, "receipt.rung", "a service says delivered, applied or refused"});
  }
  auto ok = journal_.write([&](storage::Transaction& t) {
    refused = unfit;
    auto next_unfit = unfit.begin();
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      if (next_unfit != unfit.end() && next_unfit->first == i)
        ++next_unfit;
      else if (auto taken = take_receipt(t, *receipts[i]); !taken)
        refused.emplace_back(i, taken.error());
    }
  });
  if (!ok) return ok.error();
  // They come again with their deliveries, until it is put right.
  if (!refused.empty())
    log::error("unit.receipts_refused", {{"number", refused.size()}, {"code", refused.front().second.code}});
  std::set<std::size_t> bad;
  for (const auto& [i, reason] : refused) bad.insert(i);
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (bad.contains(i)) continue;
    const auto rung = receipts[i]->receipt.rung;
    if (rung == jindu::v1::RUNG_APPLIED) recent_.add("applied", now());
    count(exchange::to_text(rung), "");
  }
  for_carrier_.tell();
  return refused;
}

result<void> Unit::take_receipt(storage::Transaction& t, const exchange::SignedReceipt& taken) {
  const auto& receipt = taken.receipt;
  const auto id = exchange::to_text(receipt.bundle);
  auto entry = store::outline(t, id);
  if (!entry || entry->outward || entry->to != options_.service ||
      digest_of(entry->manifest_digest) != receipt.manifest_digest)
    return Error{Fault::not_found, "bundle.unknown", "there is no such bundle"};
  // It may have ended before this unit lost it.
  if (store::has_receipt(t, id, receipt.manifest_digest, receipt.rung, receipt.party) &&
      (!ends(receipt.rung) || entry->state == State::ended))
    return {};
  if (receipt.newer && !carries_newer(rule_of(options_.policy, entry->channel, entry->kind), options_.inner))
    return Error{Fault::forbidden, std::string(code_of(Bar::fields)),
                 "this receipt has fields that this unit does not know, and the rule lets no such thing pass"};
  if (entry->state != State::ready)
    return Error{Fault::conflict, "receipt.not_delivered",
                 "this bundle is not with the service: " + std::string(to_text(entry->state))};
  store::add_receipt(t, receipt, taken.bytes, false, true);
  if (ends(receipt.rung)) store::end(t, *entry, receipt.code, to_unix_ms(now()));
  return {};
}

}  // namespace jindu::gateway
