#include "bt/host_probe.h"

#include <catch2/catch.hpp>

using namespace ringshift::bt;

TEST_CASE("This host does what the translator takes for granted") {
    const auto probed = probe_host();
    INFO((probed.ok() ? "" : probed.error().message));
    CHECK(probed.ok());
}

TEST_CASE("A host without BMI2 or LAHF or AVX is told so in a sentence") {
    const auto without_bmi2 = probe_host({.bmi2 = false, .lahf = true, .fxsr = true});
    REQUIRE_FALSE(without_bmi2.ok());
    CHECK_THAT(without_bmi2.error().message, Catch::Contains("no BMI2"));
    const auto without_lahf = probe_host({.bmi2 = true, .lahf = false, .fxsr = true});
    REQUIRE_FALSE(without_lahf.ok());
    CHECK_THAT(without_lahf.error().message, Catch::Contains("LAHF"));
    const auto without_avx = probe_host({.bmi2 = true, .lahf = true, .fxsr = true, .avx = false});
    REQUIRE_FALSE(without_avx.ok());
    CHECK_THAT(without_avx.error().message, Catch::Contains("AVX"));
}
