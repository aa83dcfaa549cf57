#pragma once
// What passes between the units. Every carrier keeps the same promise, because the unit alone decides what was taken.
#include <memory>
#include <string>

#include "common/http/client.hpp"
#include "common/http/server.hpp"
#include "exchange-gateway/carriers/diode/encoder.hpp"
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual void stop() = 0;
};

// link: the outer unit listens, the inner unit dials through the guard. Bundles go in batches both ways; what was taken
// is answered with signed receipts of custody.
result<std::unique_ptr<Carrier>> start_link_outer(Unit& unit, http::ServerOptions listener);
std::unique_ptr<Carrier> start_link_inner(Unit& unit, http::ClientOptions outer);

// ferry: a directory that is there, or mounted, only while the medium is attached to this side.
struct FerryOptions {
  std::string attachment;                       // appears and goes with the medium
  std::size_t voyage_bytes = 64 * 1024 * 1024;  // of one voyage; as many as wait go at once
  std::chrono::milliseconds look{100};          // how often it is looked for
  std::chrono::seconds lost_after{600};         // without a word of a voyage, its bundles are loaded again
  std::chrono::seconds tell_after{600};         // an empty voyage says at least this often that this unit is there
  bool must_be_mount = false;                   // the folder stays, and a medium is there when it is mounted
};
std::unique_ptr<Carrier> start_ferry(Unit& unit, FerryOptions options);

// diode: one-way UDP, one path for each direction. Receipts, and the word of what was lost, come by the other path.
struct DiodeOptions {
  std::string listen;   // "ADDRESS:PORT" of this side's end of the path that comes in
  std::string send_to;  // of the other side's end of the path that goes out
  diode::Shape shape;
  std::size_t receive_buffer = 16 * 1024 * 1024;
  std::chrono::seconds resend_after{10};  // without a word of the other side; longer each time
};
result<std::unique_ptr<Carrier>> start_diode(Unit& unit, const DiodeOptions& options);

}  // namespace jindu::gateway
