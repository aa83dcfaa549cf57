#pragma once
// Two units with a ferry each, and one medium that is carried by hand between them.
#include <catch2/catch.hpp>
#include <thread>

#include "../world.hpp"
#include "exchange-gateway/carriers/carrier.hpp"
#include "exchange-gateway/carriers/voyage.hpp"

namespace jindu::gateway::test {

namespace fs = std::filesystem;
inline constexpr std::chrono::milliseconds kLook{10};

class Crossing {
 public:
  explicit Crossing(World& w, std::size_t voyage_bytes = 1 << 20,
                    std::chrono::seconds tell_after = std::chrono::seconds(600))
      : w_(w), medium_(w.folder / "medium") {
    fs::create_directory(medium_);
    for (const auto* name : {"at-outer", "at-inner"}) fs::create_directory(w.folder / name);
    const auto options = [&](const char* place) {
      return FerryOptions{(w.folder / place / "medium").string(), voyage_bytes, kLook, std::chrono::seconds(600),
                          tell_after};
    };
    outer_ = start_ferry(w.outer.unit(), options("at-outer"));
    inner_ = start_ferry(w.inner.unit(), options("at-inner"));
  }
  ~Crossing() {
    outer_->stop();
    inner_->stop();
  }

  void visit(bool inner) {
    const auto place = w_.folder / (inner ? "at-inner" : "at-outer") / "medium";
    const auto sign = place / (inner ? "finished-gateway-inner" : "finished-gateway-outer");
    fs::remove(medium_ / sign.filename());
    fs::rename(medium_, place);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!fs::exists(sign) && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    REQUIRE(fs::exists(sign));
    fs::rename(place, medium_);
    std::this_thread::sleep_for(kLook * 3);  // both see that it is gone
  }
  // Until `seen`, as the unit does not finish with it.
  void visit_in_vain(bool inner, const std::function<bool()>& seen) {
    const auto place = w_.folder / (inner ? "at-inner" : "at-outer") / "medium";
    fs::rename(medium_, place);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!seen() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kLook);
    CHECK(seen());
    fs::rename(place, medium_);
    std::this_thread::sleep_for(kLook * 3);
    CHECK_FALSE(fs::exists(medium_ / (inner ? "finished-gateway-inner" : "finished-gateway-outer")));
  }
  void to_outer() { visit(false); }
  void to_inner() { visit(true); }

  std::vector<fs::path> voyages(const std::string& from) const {
    std::vector<fs::path> found;
    for (const auto& folder : fs::directory_iterator(medium_))
      if (voyage_id(folder.path().filename().string(), from)) found.push_back(folder.path());
    return found;
  }
  const fs::path& medium() const { return medium_; }
  // The medium stays somewhere, and an empty one goes in its place; `exchange` again brings it back.
  void exchange() {
    const auto other = w_.folder / "other-medium";
    if (!fs::exists(other)) fs::create_directory(other);
    fs::rename(medium_, w_.folder / "between");
    fs::rename(other, medium_);
    fs::rename(w_.folder / "between", other);
  }
  // The medium is lost with everything on it; a new one takes its place.
  void lose() {
    fs::remove_all(medium_);
    fs::create_directory(medium_);
  }

 private:
  World& w_;
  fs::path medium_;
  std::unique_ptr<Carrier> outer_, inner_;
};

inline std::vector<Bytes> hand_over(World& w, int number, std::size_t bytes = 10) {
  std::vector<Bytes> bundles;
  for (int i = 0; i < number; ++i) {
    bundles.push_back(w.from_portal.next(1, Bytes(bytes, 'x')));
    REQUIRE(w.outer->take_from_service(bundles.back()));
  }
  return bundles;
}

inline std::vector<std::string> ids_of(const std::vector<Bytes>& bundles) {
  std::vector<std::string> ids;
  for (const auto& bundle : bundles) ids.push_back(World::id_of(bundle));
  return ids;
}

}  // namespace jindu::gateway::test
