// The worker's copy of libwebrtc asks Abseil only for what C++20 has: one name.
#pragma once
#include <string_view>

namespace absl
{
using std::string_view;
}
