#pragma once
// Reading requests and writing answers as intranet-approval/api/openapi.json says.
#include <boost/json/object.hpp>

#include "common/http/server.hpp"
#include "intranet-approval/domain/clocks/clocks.hpp"
#include "intranet-approval/exchange/office.hpp"
#include "intranet-approval/store/case_rows.hpp"

namespace jindu::approval::api {

result<boost::json::object> body_object(const http::Request& request);
// A member that must be a text; `needed`: not empty. Code request.member, field: pointer.
result<std::string> text_member(const boost::json::object& body, std::string_view name, bool needed,
                                std::size_t most = 16'000);
result<Bytes> base64_member(const boost::json::object& body, std::string_view name, std::size_t most);

boost::json::object to_json(const catalogue::Localised& text);
boost::json::object item_reference(const catalogue::Item& item, const catalogue::Catalogue* catalogue);
boost::json::object department_reference(const std::string& id, const catalogue::Catalogue* catalogue);
boost::json::object clock_json(const CaseClock& clock);
boost::json::value due_json(const std::string& date, bool provisional, const catalogue::Calendar& calendar,
                            catalogue::Day today);
// An event's own members beside those that all have.
boost::json::object certificate_json(const crypto::Certificate& certificate);

}  // namespace jindu::approval::api
