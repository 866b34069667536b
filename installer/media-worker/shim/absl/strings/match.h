// Included by the worker's copy of libwebrtc, nothing of it is used.
#pragma once
