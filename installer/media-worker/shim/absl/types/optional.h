// The worker's copy of libwebrtc asks Abseil only for what C++20 has: two names.
#pragma once
#include <optional>

namespace absl
{
using std::nullopt;
using std::optional;
} // namespace absl
