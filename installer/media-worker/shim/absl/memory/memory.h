// The worker's copy of libwebrtc asks Abseil only for what C++20 has: one name.
#pragma once
#include <memory>

namespace absl
{
using std::make_unique;
}
