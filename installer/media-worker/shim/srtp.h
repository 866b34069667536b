// The worker is written for libsrtp 3, distributions carry libsrtp 2.x. This header stands in for <srtp.h> of 3 and does the calls the
// worker makes with 2.x. Two things differ: a policy is an opaque object built by setters instead of a struct, and protect/unprotect
// write to a second buffer of known size instead of in place. Names kept by 3 with other parameters become C++ overloads.
#pragma once

#define srtp_policy_t srtp2_policy_t // 2.x uses the name for its struct
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string.h>

// Codes that only 3 has; the worker names them in its table of texts.
inline constexpr srtp_err_status_t srtp_err_status_buffer_small{ static_cast<srtp_err_status_t>(28) };
inline constexpr srtp_err_status_t srtp_err_status_cryptex_err{ static_cast<srtp_err_status_t>(29) };

struct Srtp3Policy
{
  srtp2_policy_t fields{}; // `fields.key` points at `keyAndSalt` once a key was given
  srtp_profile_t profile{ srtp_profile_reserved };
  uint8_t keyAndSalt[SRTP_MAX_KEY_LEN]{};

  ~Srtp3Policy()
  {
    explicit_bzero(keyAndSalt, sizeof keyAndSalt);
  }
};
using srtp_policy_t = Srtp3Policy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
  *policy = new (std::nothrow) Srtp3Policy;
  return *policy == nullptr ? srtp_err_status_alloc_fail : srtp_err_status_ok;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
  delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
  policy->fields.ssrc = ssrc;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
  policy->profile = profile;
  const srtp_err_status_t rtp = srtp_crypto_policy_set_from_profile_for_rtp(&policy->fields.rtp, profile);
  return rtp != srtp_err_status_ok ? rtp : srtp_crypto_policy_set_from_profile_for_rtcp(&policy->fields.rtcp, profile);
}

/** One key per policy and no key identifier (MKI): more than that the worker never asks, so more is refused rather than half done. */
inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy, const uint8_t* key, size_t keyBytes, const uint8_t* salt, size_t saltBytes, const uint8_t*, size_t mkiBytes)
{
  const bool fits = keyBytes == srtp_profile_get_master_key_length(policy->profile) &&
                    saltBytes == srtp_profile_get_master_salt_length(policy->profile) &&
                    keyBytes + saltBytes <= sizeof policy->keyAndSalt;
  if (!fits || mkiBytes != 0 || policy->fields.key != nullptr)
  {
    return srtp_err_status_bad_param;
  }
  std::memcpy(policy->keyAndSalt, key, keyBytes);
  std::memcpy(policy->keyAndSalt + keyBytes, salt, saltBytes);
  policy->fields.key = policy->keyAndSalt;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
  policy->fields.allow_repeat_tx = allow ? 1 : 0;
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t packets)
{
  policy->fields.window_size = static_cast<unsigned long>(packets);
  return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
  return ::srtp_create(session, &policy->fields); // copies the key, so the policy may go afterwards, as in 3
}

/** `ssrc` in network byte order, in 2.x as in the worker's call. */
inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
  return ::srtp_remove_stream(session, ssrc);
}

namespace srtp3
{
/** Moves the packet to the outgoing buffer and lets 2.x work there; `growth` is how many bytes the call may append. */
template<class Transform>
srtp_err_status_t inPlace(
  Transform transform, srtp_t session, const uint8_t* from, size_t fromBytes, uint8_t* to, size_t* toBytes, size_t growth)
{
  if (*toBytes < fromBytes + growth)
  {
    return srtp_err_status_buffer_small;
  }
  if (to != from)
  {
    std::memmove(to, from, fromBytes);
  }
  int length                     = static_cast<int>(fromBytes);
  const srtp_err_status_t result = transform(session, to, &length);
  if (result == srtp_err_status_ok)
  {
    *toBytes = static_cast<size_t>(length);
  }
  return result;
}

inline constexpr size_t SrtcpIndexBytes{ 4 }; // RFC 3711 section 3.4: E flag and index, in front of the tag
using InPlaceCall = srtp_err_status_t (*)(srtp_t, void*, int*);
} // namespace srtp3

inline srtp_err_status_t srtp_protect(srtp_t session, const uint8_t* rtp, size_t rtpBytes, uint8_t* srtp, size_t* srtpBytes, size_t)
{
  const srtp3::InPlaceCall call = ::srtp_protect;
  return srtp3::inPlace(call, session, rtp, rtpBytes, srtp, srtpBytes, SRTP_MAX_TRAILER_LEN);
}

inline srtp_err_status_t srtp_protect_rtcp(srtp_t session, const uint8_t* rtcp, size_t rtcpBytes, uint8_t* srtcp, size_t* srtcpBytes, size_t)
{
  const srtp3::InPlaceCall call = ::srtp_protect_rtcp;
  return srtp3::inPlace(call, session, rtcp, rtcpBytes, srtcp, srtcpBytes, SRTP_MAX_TRAILER_LEN + srtp3::SrtcpIndexBytes);
}

inline srtp_err_status_t srtp_unprotect(srtp_t session, const uint8_t* srtp, size_t srtpBytes, uint8_t* rtp, size_t* rtpBytes)
{
  const srtp3::InPlaceCall call = ::srtp_unprotect;
  return srtp3::inPlace(call, session, srtp, srtpBytes, rtp, rtpBytes, 0);
}

inline srtp_err_status_t srtp_unprotect_rtcp(srtp_t session, const uint8_t* srtcp, size_t srtcpBytes, uint8_t* rtcp, size_t* rtcpBytes)
{
  const srtp3::InPlaceCall call = ::srtp_unprotect_rtcp;
  return srtp3::inPlace(call, session, srtcp, srtcpBytes, rtcp, rtcpBytes, 0);
}
