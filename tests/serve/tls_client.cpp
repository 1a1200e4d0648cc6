#include "serve/tls_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <signal.h>

#include <array>
#include <sstream>

namespace tsunagi::serve {

struct TlsClient::State {
    std::unique_ptr<Poco::Net::SecureStreamSocket> socket;
    std::string buffer;
    bool over = false;
};

TlsClient::TlsClient(std::uint16_t port, const support::CertificateFiles* own)
    : state_(std::make_unique<State>()) {
    signal(SIGPIPE, SIG_IGN);  // the server may have closed already
    try {
        Poco::Net::Context::Params params;
        if (own != nullptr) {
            params.certificateFile = own->certificate;
            params.privateKeyFile = own->key;
        }
        params.verificationMode = Poco::Net::Context::VERIFY_NONE;
        const Poco::Net::Context::Ptr context(
            new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params));
        auto socket = std::make_unique<Poco::Net::SecureStreamSocket>(context);
        socket->connect(Poco::Net::SocketAddress("127.0.0.1", port), Poco::Timespan(5, 0));
        socket->setReceiveTimeout(Poco::Timespan(5, 0));
        socket->setNoDelay(true);
        state_->socket = std::move(socket);
    } catch (const Poco::Exception&) {
        state_->over = true;
    }
}

TlsClient::~TlsClient() = default;

bool TlsClient::connected() const { return state_->socket != nullptr; }

bool TlsClient::send(std::string_view bytes) {
    try {
        return connected() &&
               state_->socket->sendBytes(bytes.data(), static_cast<int>(bytes.size())) ==
                   static_cast<int>(bytes.size());
    } catch (const Poco::Exception&) {
        return false;
    }
}

void TlsClient::end() {
    // Poco's own shutdown closes both ways, so this is the TCP half only: the server reads the end.
    ::shutdown(static_cast<int>(state_->socket->impl()->sockfd()), SHUT_WR);
}

bool TlsClient::fill() {
    if (!connected() || state_->over) return false;
    std::array<char, 4096> bytes;
    try {
        const int count =
            state_->socket->receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
        if (count > 0) {
            state_->buffer.append(bytes.data(), static_cast<std::size_t>(count));
            return true;
        }
    } catch (const Poco::TimeoutException&) {
        return false;
    } catch (const Poco::Exception&) {
    }
    state_->over = true;
    return false;
}

std::optional<TlsClient::Answer> TlsClient::read(bool head_only) {
    auto& buffer = state_->buffer;
    std::size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return std::nullopt;
    Answer answer;
    answer.head = buffer.substr(0, end + 4);
    buffer.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const std::string mark = "Content-Length: ";
    const auto at = answer.head.find(mark);
    const std::size_t length =
        at == std::string::npos || head_only ? 0 : std::stoul(answer.head.substr(at + mark.size()));
    while (buffer.size() < length)
        if (!fill()) return std::nullopt;
    answer.body = buffer.substr(0, length);
    buffer.erase(0, length);
    return answer;
}

bool TlsClient::closed() {
    while (state_->buffer.empty())
        if (!fill()) return state_->over;
    return false;
}

std::string TlsClient::server_certificate() const {
    std::ostringstream out;
    state_->socket->peerCertificate().save(out);
    return out.str();
}

}  // namespace tsunagi::serve
