#include "intranet-approval/domain/decisions/record.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace jindu::approval {

std::string to_bytes(const DecisionRecord& record) {
  boost::json::array contents;
  for (const auto& digest : record.content_sha256) contents.emplace_back(to_hex(digest));
  // Boost.JSON keeps members in the order in which they are written.
  return boost::json::serialize(boost::json::value{{"type", "jindu/decision-record/v1"},
                                                   {"case_id", record.case_id},
                                                   {"sequence", record.sequence},
                                                   {"item_id", record.item_id},
                                                   {"item_version", record.item_version},
                                                   {"acceptance_number", record.acceptance_number},
                                                   {"department", record.department},
                                                   {"applicant_name", record.applicant_name},
                                                   {"content_sha256", std::move(contents)},
                                                   {"outcome", to_text(record.outcome)},
                                                   {"opinion", record.opinion},
                                                   {"reasons", record.reasons},
                                                   {"official", record.official}});
}

}  // namespace jindu::approval
