#include "common/exchange/codec/bundle.hpp"

#include "common/tools/verify/checks.hpp"

namespace jindu::verify {

Report check_bundle(const BundleFiles& files, const Trust& trust) {
  Report report{"bundle"};
  const auto bundle = exchange::parse_bundle(files.bundle);
  if (!bundle) return report.fail(bundle.error());
  const auto& manifest = bundle->manifest;
  const auto& sender = files.sender.front();
  const auto created = from_unix_ms(manifest.created_ms()), expires = from_unix_ms(manifest.expires_ms());
  if (sender.common_name() != manifest.from())
    return report.fail({Fault::integrity, "bundle.signer",
                        "the certificate is of '" + sender.common_name() + "', and the bundle says it comes from '" +
                            manifest.from() + "'"});
  if (auto ok = exchange::verify_bundle(*bundle, sender.public_key()); !ok) return report.fail(ok.error());
  const auto moment = trust.moment(created);
  std::vector<crypto::Certificate> between(files.sender.begin() + 1, files.sender.end());
  between.insert(between.end(), trust.nodes.intermediates.begin(), trust.nodes.intermediates.end());
  if (auto ok = trust.nodes.store.verify(sender, between, moment); !ok) return report.fail(ok.error());

  report.fact("bundle", exchange::to_text(bundle->id));
  report.fact("manifest_sha256", to_hex(bundle->manifest_digest));
  report.fact("channel", manifest.channel());
  report.fact("place", std::to_string(manifest.epoch()) + " / " + std::to_string(manifest.sequence()));
  report.fact("bundle_kind", manifest.kind());
  report.fact("created_at", utc_text(created));
  report.fact("expires_at", utc_text(expires));
  report.fact("bytes", std::to_string(files.bundle.size()));
  report.prove("bundle.signed", {{"name", manifest.from()}, {"to", manifest.to()}, {"time", utc_text(created)}});
  report.prove("bundle.whole");
  tell_signer(report, sender, moment, trust);
  if (trust.at && *trust.at > expires)
    return report.fail({Fault::expired, "bundle.expired", "it was to be delivered until " + utc_text(expires)});
  if (files.key) {
    const auto payload = exchange::open_bundle(*bundle, *files.key);
    if (!payload) return report.fail(payload.error());
    report.fact("payload_bytes", std::to_string(payload->size()));
    report.prove("bundle.opened", {{"name", manifest.to()}});
  } else {
    report.leave_open("bundle.inside");
  }
  if (bundle->newer) report.leave_open("newer.fields");
  report.leave_open("bundle.place");
  report.leave_open("bundle.arrived", {{"to", manifest.to()}});
  return report;
}

}  // namespace jindu::verify
