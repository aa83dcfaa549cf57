#include "intranet-approval/store/uploads.hpp"

namespace jindu::approval::store {
namespace {

constexpr std::string_view kSame =
    "SELECT length, total FROM upload_slice WHERE declaration_id = $1 AND upload_id = $2 AND slice_offset = $3";
constexpr std::string_view kOverlap =
    "SELECT COUNT(*) FROM upload_slice WHERE declaration_id = $1 AND upload_id = $2 AND "
    "((slice_offset < $4 AND slice_offset + length > $3) OR total <> $5)";
constexpr std::string_view kPutUpload =
    "INSERT INTO upload_slice (declaration_id, upload_id, slice_offset, length, total, at_ms) VALUES ($1, $2, $3, $4, "
    "$5, $6)";
constexpr std::string_view kProgress =
    "SELECT CAST(SUM(length) AS BIGINT), MAX(total) FROM upload_slice WHERE declaration_id = $1 AND upload_id = $2";
constexpr std::string_view kForget = "DELETE FROM upload_slice WHERE declaration_id = $1 AND upload_id = $2";

[[noreturn]] void conflict(std::string detail) {
  throw ErrorException{Error{Fault::invalid, "material.slice_conflict", std::move(detail)}};
}

std::int64_t integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

void put_slice(storage::Transaction& tx, const Slice& slice, Instant now) {
  if (slice.length == 0 || slice.offset > slice.total || slice.length > slice.total - slice.offset)
    conflict("the slice is empty or passes the end");
  if (const auto same = tx.query_one(kSame, {slice.declaration_id, slice.upload_id, integer(slice.offset)})) {
    if (same->integer(0) != integer(slice.length) || same->integer(1) != integer(slice.total))
      conflict("another slice stands here");
    return;
  }
  const auto overlap = tx.query_one(kOverlap, {slice.declaration_id, slice.upload_id, integer(slice.offset),
                                               integer(slice.offset + slice.length), integer(slice.total)});
  if (overlap->integer(0) != 0) conflict("the slice overlaps another one, or the totals differ");
  tx.execute(kPutUpload, {slice.declaration_id, slice.upload_id, integer(slice.offset), integer(slice.length),
                          integer(slice.total), to_unix_ms(now)});
}

Progress upload_progress(storage::Transaction& tx, const std::string& declaration_id, const std::string& upload_id) {
  const auto row = tx.query_one(kProgress, {declaration_id, upload_id});
  if (!row || row->is_null(0)) return {};
  return {static_cast<std::uint64_t>(row->integer(0)), static_cast<std::uint64_t>(row->integer(1))};
}

void forget_slices(storage::Transaction& tx, const std::string& declaration_id, const std::string& upload_id) {
  tx.execute(kForget, {declaration_id, upload_id});
}

}  // namespace jindu::approval::store
