#include "exchange-gateway/domain/channel.hpp"

namespace jindu::gateway {

result<void> continues(const ChannelHead& head, const Link& next) {
  if (next.epoch != head.epoch)
    return Error{Fault::conflict, "bundle.epoch", "the channel is in epoch " + std::to_string(head.epoch),
                 std::to_string(head.epoch)};
  if (next.sequence <= head.sequence)
    return Error{Fault::conflict, "bundle.fork",
                 "sequence " + std::to_string(next.sequence) + " is taken by another bundle"};
  if (next.sequence != head.sequence + 1)
    return Error{Fault::conflict, "bundle.gap", "sequence " + std::to_string(head.sequence + 1) + " is missing",
                 std::to_string(head.sequence + 1)};
  if (next.previous_digest != head.manifest_digest)
    return Error{Fault::conflict, "bundle.fork", "it does not follow the manifest that we have before it"};
  return {};
}

result<void> fits(const Neighbours& neighbours, const Link& link) {
  const Error fork{Fault::integrity, "bundle.fork",
                   "two manifests of the channel contradict each other at sequence " + std::to_string(link.sequence)};
  if (link.epoch != neighbours.epoch)
    return Error{Fault::conflict, "bundle.epoch", "the channel is in epoch " + std::to_string(neighbours.epoch),
                 std::to_string(neighbours.epoch)};
  if (neighbours.place_taken) return fork;
  if (neighbours.before && *neighbours.before != link.previous_digest) return fork;
  if (neighbours.named && *neighbours.named != link.manifest_digest) return fork;
  if (neighbours.passed && !neighbours.named)
    return Error{Fault::conflict, "bundle.gap",
                 "what follows sequence " + std::to_string(link.sequence) +
                     " has been lost here, too; it is taken when that is here again"};
  return {};
}

Turn turn_of(std::uint64_t last_delivered, std::uint64_t subject_sequence) {
  if (subject_sequence <= last_delivered) return Turn::past;
  return subject_sequence == last_delivered + 1 ? Turn::now : Turn::early;
}

}  // namespace jindu::gateway
