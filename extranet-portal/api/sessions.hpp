#pragma once
// How a session looks to the browser; shared by all ways of beginning one.
#include <boost/json/object.hpp>

#include "extranet-portal/api/portal.hpp"
#include "extranet-portal/store/sessions.hpp"

namespace jindu::portal::api {

boost::json::object account_json(const store::Account& account);
boost::json::array certificates_json(std::string_view chain_pem);  // base64 DER, leaf first
boost::json::object session_json(const Portal& portal, const store::Session& session, std::string_view token,
                                 std::string_view chain_pem);
// The Set-Cookie header of a session that has just begun.
std::string begin_cookie(const Portal& portal, std::string_view token);

}  // namespace jindu::portal::api
