#pragma once
// One function per row of the table in routes.cpp.
#include "extranet-portal/api/portal.hpp"

namespace jindu::portal::api {

using Answer = result<http::Response>;

// citizens.cpp
Answer citizen_parameters(Portal& portal, http::Request& request);
Answer register_citizen(Portal& portal, http::Request& request);
Answer login_citizen(Portal& portal, http::Request& request);
Answer recover_citizen(Portal& portal, http::Request& request);

// companies.cpp
Answer company_challenge(Portal& portal, http::Request& request);
Answer login_company(Portal& portal, http::Request& request);

// sessions.cpp
Answer show_session(Portal& portal, http::Request& request);
Answer logout(Portal& portal, http::Request& request);

// drafts.cpp
Answer list_drafts(Portal& portal, http::Request& request);
Answer show_draft(Portal& portal, http::Request& request);
Answer save_draft(Portal& portal, http::Request& request);
Answer remove_draft(Portal& portal, http::Request& request);

// uploads.cpp
Answer start_upload(Portal& portal, http::Request& request);
Answer show_upload(Portal& portal, http::Request& request);
Answer append_upload(Portal& portal, http::Request& request);
Answer remove_upload(Portal& portal, http::Request& request);

// submissions.cpp
Answer submit(Portal& portal, http::Request& request);

// declarations.cpp
Answer list_declarations(Portal& portal, http::Request& request);
Answer show_declaration(Portal& portal, http::Request& request);
Answer download_receipt(Portal& portal, http::Request& request);
Answer download_content(Portal& portal, http::Request& request);
Answer download_notice(Portal& portal, http::Request& request);

// published.cpp
Answer show_catalogue(Portal& portal, http::Request& request);
Answer show_item(Portal& portal, http::Request& request);
Answer check_code(Portal& portal, http::Request& request);
Answer check_file(Portal& portal, http::Request& request);

}  // namespace jindu::portal::api
