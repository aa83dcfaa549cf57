#pragma once
// The course of one application, step by step: each step waits until it is so, and says what shows it.
#include <boost/json/value.hpp>
#include <chrono>
#include <string>

#include "common/tools/journey/parties.hpp"

namespace jindu::journey {

struct Options {
  std::string access, catalogue_folder, keep;
  std::string item = "food-business-licence";
  std::string applicant = "ec";  // ec, rsa or citizen
  std::string path = "grant";    // grant, refuse, supplement, not-accepted or returned
  std::string until = "end";     // made, submitted or received: go no further
  std::string declaration;       // its UUID; a new one otherwise
  std::size_t material_kib = 0;  // how much larger than needed the first material is
  int patience = 60;             // seconds for each step
};

// Why a journey ends early: something is not as it must be.
struct Failure {
  std::string what;
};

// Throws Failure.
void travel(const Options& options);

}  // namespace jindu::journey
