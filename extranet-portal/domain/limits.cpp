#include "extranet-portal/domain/limits.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace jindu::portal {

std::chrono::milliseconds wait_for(const Bucket& bucket, const Rate& rate, Instant now) {
  const Instant next = std::max(bucket.full_at, now) + rate.each;
  return std::max(std::chrono::milliseconds(0), next - (now + rate.each * rate.burst));
}

bool take(Bucket& bucket, const Rate& rate, Instant now) {
  if (wait_for(bucket, rate, now).count() > 0) return false;
  bucket.full_at = std::max(bucket.full_at, now) + rate.each;
  return true;
}

std::string network_of(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string(address), error);
  if (error) return std::string(address);
  if (parsed.is_v4()) return parsed.to_string();
  const auto v6 = parsed.to_v6();
  if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace jindu::portal
