#pragma once
#include <gtest/gtest.h>

#include "base/result.h"

namespace tsunagi::support {

template <class T>
testing::AssertionResult is_ok(const Result<T>& result) {
    if (result) return testing::AssertionSuccess();
    return testing::AssertionFailure() << to_string(result.error());
}

template <class T>
testing::AssertionResult fails_with(const Result<T>& result, Code code) {
    if (result) return testing::AssertionFailure() << "succeeded";
    if (result.error().code == code) return testing::AssertionSuccess();
    return testing::AssertionFailure() << to_string(result.error());
}

}  // namespace tsunagi::support

#define EXPECT_OK(expression) EXPECT_TRUE(::tsunagi::support::is_ok(expression))
#define ASSERT_OK(expression) ASSERT_TRUE(::tsunagi::support::is_ok(expression))
#define EXPECT_FAILS(expression, code) \
    EXPECT_TRUE(::tsunagi::support::fails_with(expression, ::tsunagi::Code::code))
#define ASSERT_FAILS(expression, code) \
    ASSERT_TRUE(::tsunagi::support::fails_with(expression, ::tsunagi::Code::code))
