#pragma once
#include <Poco/DeflatingStream.h>

#include <sstream>
#include <string>

namespace tsunagi::support {

/// One gzip member that holds `text`.
inline std::string gzip_of(const std::string& text) {
    std::ostringstream out;
    Poco::DeflatingOutputStream deflating(out, Poco::DeflatingStreamBuf::STREAM_GZIP);
    deflating << text;
    deflating.close();
    return out.str();
}

}  // namespace tsunagi::support
