// The JSON bodies of the portal's API, and what they bring: names, accounts, keys.
#include "extranet-portal/api/body.hpp"

#include "extranet-portal/domain/account.hpp"
#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  http::Request request;
  request.headers["content-type"] = "application/json";
  request.body.assign(data, data + size);
  portal::api::Body body(request);
  const auto account = body.text("account", 0, 32);
  const auto name = body.text("name", 0, 256);
  const auto key = body.base64("public_key", 1, 512), proof = body.base64("proof", 1, 512);
  const auto number = body.natural("number", 1, 1'000'000);
  const auto list = body.base64_list("certificates", 8, 8192);
  auto inner = body.object("keys");
  const auto salt = inner.base64("salt", portal::kSaltBytes, portal::kSaltBytes);
  const auto inner_finished = inner.finish(), finished = body.finish();
  if (finished) {
    promise(account.size() <= 32 && name.size() <= 256 && number >= 1 && number <= 1'000'000 && !key.empty() &&
                key.size() <= 512 && !list.empty() && list.size() <= 8,
            "what is read is within its limits");
    promise(!inner_finished || salt.size() == portal::kSaltBytes, "what is read is within its limits");
  } else {
    promise(finished.error().code.starts_with("http."), "a body is refused by name");
  }
  if (portal::check_name(name)) promise(!name.empty() && name.size() <= 256, "a name is not empty");
  (void)portal::is_phone(account);
  (void)portal::is_uscc_shaped(name);
  (void)portal::check_registration_key(account, name, key, proof);
  return 0;
}
