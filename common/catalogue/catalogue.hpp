#pragma once
// The catalogue of service items: data, versioned, signed as a whole. docs/formats.md, "Catalogue".
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/catalogue/calendar.hpp"
#include "common/catalogue/form.hpp"
#include "common/runtime/bytes.hpp"

namespace jindu::catalogue {

struct Localised {
  std::string zh;
  std::string en;
};

struct Department {
  std::string id;
  std::string code;  // two letters, in document numbers
  Localised name;
  Bytes certificate;  // DER; dossiers are sealed to it
};

struct MaterialRule {
  std::string code;
  Localised name;
  bool required = true;
  std::optional<FormSchema> when;  // required only of forms that satisfy it
  std::vector<std::string> types;  // media types
  std::uint64_t max_bytes = 0;
  std::uint32_t max_files = 1;
  std::string grade;
};

struct StageRule {
  std::string code;
  Localised name;
  std::string role;
  int limit_working_days = 0;
};

struct DocumentTemplate {
  Localised title;
  std::string number_template;
  int valid_years = 0;  // 0: no end
  Localised body;       // with {applicant}, {acceptance_number}, {received_date}, {reasons}
};

struct Item {
  std::string id;
  int version = 0;
  std::string code;
  Localised name;
  std::string department;
  bool for_citizens = false;
  bool for_companies = false;
  FormSchema form;
  std::vector<MaterialRule> materials;
  std::vector<StageRule> stages;
  int statutory_working_days = 0;
  int promised_working_days = 0;
  DocumentTemplate grant;
  DocumentTemplate refusal;
  boost::json::object json;  // the whole, as published
};

// An item alone, as stored per version. Codes catalogue.item and schema.*; field: pointer.
result<Item> parse_item(const boost::json::value& json, std::string_view pointer = "");

struct Catalogue {
  std::uint64_t serial = 0;
  std::vector<Department> departments;
  std::vector<Item> items;
  Calendar calendar;

  const Item* item(std::string_view id) const;
  const Department* department(std::string_view id) const;
};

// Refused whole at the first mistake: detail has the line, field the pointer. Codes catalogue.syntax, catalogue.item,
// catalogue.department, catalogue.unknown_department, catalogue.duplicate, schema.*, calendar.*.
result<Catalogue> parse_catalogue(std::string_view json);

struct MaterialFacts {
  std::string code;
  std::string file_name;
  std::string media_type;
  std::uint64_t size = 0;
};
// Pointers "/materials/<code>"; rules material.required, .unknown, .too_many, .too_large, .empty, .type.
std::vector<Finding> check_materials(const Item& item, const boost::json::value& form,
                                     const std::vector<MaterialFacts>& materials);

// The line, from 1, of what a pointer leads to in a JSON text; 0 when it does not lead anywhere.
std::size_t line_of(std::string_view json, std::string_view pointer);

}  // namespace jindu::catalogue
