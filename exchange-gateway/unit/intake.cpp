// What the unit does for its own service: takes bundles from it, gives it bundles and receipts.
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {

result<Bytes> Unit::take_from_service(BytesView bundle) {
  if (auto ok = room_for(bundle.size()); !ok) return ok.error();
  auto view = exchange::parse_bundle(bundle);
  if (!view) return view.error();
  auto e = entry_of(*view, bundle.size(), true);
  if (e.from != options_.service)
    return Error{Fault::forbidden, "unit.not_yours", "only bundles of '" + options_.service + "' are taken here"};
  if (e.sequence <= 0 || e.sequence > kSequenceMax || e.subject_sequence <= 0 || e.subject_sequence > kSequenceMax)
    return Error{Fault::integrity, "bundle.manifest", "a sequence is out of bounds"};
  const auto signer = node(e.from);
  if (!signer) return signer.error();
  if (auto ok = exchange::verify_bundle(*view, (*signer)->public_key()); !ok) return ok.error();

  std::optional<Bytes> answer;
  const auto look_for_known = [&](storage::Transaction& t) {
    answer.reset();
    const auto known = store::find(t, e.id);
    if (!known) return;
    if (!known->outward || known->manifest_digest != e.manifest_digest)
      throw ErrorException({Fault::conflict, "bundle.fork", "another bundle with this id is here"});
    answer = first_answer(t, *known);
    if (!answer) throw ErrorException({Fault::internal, "unit.receipt_missing", "a bundle without its first receipt"});
  };
  if (auto ok = journal_.read(look_for_known); !ok) return ok.error();
  if (answer) return std::move(*answer);

  const auto ruling = judge(options_.policy, passenger_of(e), now());
  if (ruling && !in_time(e))
    return Error{Fault::limited, "policy.rate", "more of '" + e.kind + "' than may cross in a minute; try again later"};
  if (ruling)
    if (auto ok = keep_bytes(e, bundle); !ok) return ok.error();
  auto ok = journal_.write([&](storage::Transaction& t) {
    look_for_known(t);
    if (answer) return;
    if (auto follows = continues(store::channel_head(t, e.channel), link_of(e)); !follows)
      throw ErrorException(follows.error());
    store::set_channel_head(t, e.channel, link_of(e));
    auto entry = e;
    if (!ruling) {
      // The place in the channel is used, and the other side will hear of it: nothing is missing there.
      entry.state = State::ended;
      entry.ended_ms = entry.stored_ms;
      entry.code = ruling.error().code;
      store::insert(t, entry);
      answer = sign(t, entry, jindu::v1::RUNG_REFUSED, entry.code, ruling.error().detail, true, true);
      return;
    }
    entry.state = *ruling == Ruling::hold ? State::held : State::waiting;
    store::insert(t, entry);
    if (entry.file.empty()) store::put_small(t, entry.id, bundle);
    answer = sign(t, entry, jindu::v1::RUNG_STORED, "", "", true, false);
    sign(t, entry, jindu::v1::RUNG_VERIFIED, "", "", true, false);
    if (*ruling == Ruling::hold) sign(t, entry, jindu::v1::RUNG_HELD, "policy.hold", "", true, false);
  });
  if (!ok) return ok.error();
  count(ruling ? "stored" : "refused", kind_label(options_.policy, e.kind));
  if (!ruling) log::warn("unit.refused", {{"bundle", e.id}, {"code", ruling.error().code}});
  for_carrier_.tell();
  for_service_.tell();
  return std::move(*answer);
}

result<std::vector<Unit::Delivery>> Unit::deliveries(std::int64_t after, std::int64_t limit) {
  std::vector<Delivery> list;
  auto ok = journal_.read([&](storage::Transaction& t) {
    list.clear();
    for (const auto& e : store::deliveries(t, options_.service, after, limit))
      list.push_back({e.delivery, e.id, e.size});
  });
  if (!ok) return ok.error();
  return list;
}

result<Bytes> Unit::deliver(const std::string& id) {
  const Error unknown{Fault::not_found, "bundle.unknown", "there is no such bundle to deliver"};
  result<Bytes> bytes = unknown;
  std::optional<store::Entry> entry;
  bool told = false;
  auto ok = journal_.read([&](storage::Transaction& t) {
    entry = store::find(t, id);
    if (!entry || entry->outward || entry->to != options_.service || entry->state != State::ready) {
      entry.reset();
      return;
    }
    bytes = read_bytes(t, *entry);
    told = store::receipt_of(t, id, entry->manifest_digest, jindu::v1::RUNG_DELIVERED, signer_.name).has_value();
  });
  if (!ok) return ok.error();
  if (!entry) return unknown;
  if (!bytes || told) return bytes;
  // Said before the bytes go out: from now on only the service can tell what became of it.
  bool still_there = false;
  ok = journal_.write([&](storage::Transaction& t) {
    const auto present = store::find(t, id);
    still_there = present && present->state == State::ready;
    if (still_there) sign(t, *entry, jindu::v1::RUNG_DELIVERED, "", "", false, true);
  });
  if (!ok) return ok.error();
  if (!still_there) return unknown;
  count("delivered", kind_label(options_.policy, entry->kind));
  return bytes;
}

result<void> Unit::service_receipt(BytesView encoded) {
  auto receipt = exchange::open_receipt(encoded, trust_);
  if (!receipt) return receipt.error();
  if (receipt->party != options_.service)
    return Error{Fault::forbidden, "unit.not_yours", "only receipts of '" + options_.service + "' are taken here"};
  if (!may_say(Teller::destination, receipt->rung))
    return Error{Fault::invalid, "receipt.rung", "a service says delivered, applied or refused"};
  const auto id = exchange::to_text(receipt->bundle);
  auto ok = journal_.write([&](storage::Transaction& t) {
    const auto entry = store::find(t, id);
    if (!entry || entry->outward || entry->to != options_.service ||
        digest_of(entry->manifest_digest) != receipt->manifest_digest)
      throw ErrorException({Fault::not_found, "bundle.unknown", "there is no such bundle"});
    if (store::receipt_of(t, id, receipt->manifest_digest, receipt->rung, receipt->party)) return;
    if (entry->state != State::ready)
      throw ErrorException({Fault::conflict, "receipt.not_delivered",
                            "this bundle is not with the service: " + std::string(to_text(entry->state))});
    store::add_receipt(t, *receipt, encoded, false, true);
    if (ends(receipt->rung)) store::end(t, id, receipt->code, to_unix_ms(now()));
  });
  if (!ok) return ok;
  count(exchange::to_text(receipt->rung), "");
  for_carrier_.tell();
  return {};
}

result<std::vector<store::StoredReceipt>> Unit::receipts(std::int64_t after, std::int64_t limit) {
  std::vector<store::StoredReceipt> list;
  auto ok = journal_.read([&](storage::Transaction& t) { list = store::receipts_for_service(t, after, limit); });
  if (!ok) return ok.error();
  return list;
}

}  // namespace jindu::gateway
