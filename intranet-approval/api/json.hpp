#pragma once
// Writing answers as intranet-approval/api/openapi.json says.
#include <boost/json/object.hpp>

#include "intranet-approval/api/body.hpp"
#include "intranet-approval/domain/clocks/clocks.hpp"
#include "intranet-approval/exchange/office.hpp"
#include "intranet-approval/store/case_rows.hpp"

namespace jindu::approval::api {

boost::json::object to_json(const catalogue::Localised& text);
boost::json::object item_reference(const catalogue::Item& item, const catalogue::Catalogue* catalogue);
boost::json::object department_reference(const std::string& id, const catalogue::Catalogue* catalogue);
boost::json::object clock_json(const CaseClock& clock);
boost::json::value due_json(const std::string& date, bool provisional, const catalogue::Calendar& calendar,
                            catalogue::Day today);
// An event's own members beside those that all have.
boost::json::object certificate_json(const crypto::Certificate& certificate);

}  // namespace jindu::approval::api
