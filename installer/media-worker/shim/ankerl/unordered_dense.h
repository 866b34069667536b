// The worker uses the hash containers of ankerl::unordered_dense (not packaged by the distribution) only through the interface they
// share with the standard ones. Slower per look-up, which does not show: tables here hold transports and streams, not packets.
#pragma once
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
template<class Key>
using hash = std::hash<Key>;

template<class Key, class Value, class Hash = hash<Key>, class Equal = std::equal_to<Key>>
using map = std::unordered_map<Key, Value, Hash, Equal>;

template<class Key, class Hash = hash<Key>, class Equal = std::equal_to<Key>>
using set = std::unordered_set<Key, Hash, Equal>;
} // namespace ankerl::unordered_dense
