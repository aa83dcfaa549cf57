#pragma once
// String formats beyond JSON Schema draft-07 that both implementations check. docs/formats.md, "Catalogue".
#include <string_view>

namespace jindu::catalogue {

bool is_resident_id(
    std::string_view text);                // GB 11643-1999: region, a real birth date, check digit (ISO 7064 MOD 11-2)
bool is_uscc(std::string_view text);       // GB 32100-2015: 18 characters, check character modulo 31
bool is_cn_mobile(std::string_view text);  // 11 digits that begin with 13 to 19
bool is_cn_phone(std::string_view text);   // a mobile, or ^(010|02\d|0[3-9]\d{2})-?\d{7,8}(-\d{1,6})?$
bool is_cn_postcode(std::string_view text);  // six digits
bool is_iso_date(std::string_view text);     // a day that exists
bool is_email(std::string_view text);        // one @, a dotted domain, no white space; not all of RFC 5322

// Whether `format` is one of the names above as schemas write them: resident-id, uscc, cn-mobile, cn-phone,
// cn-postcode, date, email.
bool is_known_format(std::string_view format);
bool has_format(std::string_view format, std::string_view text);

}  // namespace jindu::catalogue
