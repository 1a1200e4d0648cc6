#pragma once

// clang-format off
/// Every function: name in the program, name in the language, least and most arguments. The order
/// groups them as Evaluator::call() hands them out.
#define TSUNAGI_FHIRPATH_FUNCTIONS(X) \
    X(Empty, "empty", 0, 0) X(Exists, "exists", 0, 1) X(Not, "not", 0, 0) X(All, "all", 1, 1) \
    X(AllTrue, "allTrue", 0, 0) X(AnyTrue, "anyTrue", 0, 0) X(AllFalse, "allFalse", 0, 0) \
    X(AnyFalse, "anyFalse", 0, 0) X(SubsetOf, "subsetOf", 1, 1) \
    X(SupersetOf, "supersetOf", 1, 1) X(Count, "count", 0, 0) X(Distinct, "distinct", 0, 0) \
    X(IsDistinct, "isDistinct", 0, 0) X(Where, "where", 1, 1) X(Select, "select", 1, 1) \
    X(Repeat, "repeat", 1, 1) X(OfType, "ofType", 1, 1) X(IsType, "is", 1, 1) \
    X(AsType, "as", 1, 1) X(Single, "single", 0, 0) X(First, "first", 0, 0) \
    X(Last, "last", 0, 0) X(Tail, "tail", 0, 0) X(Skip, "skip", 1, 1) X(Take, "take", 1, 1) \
    X(Intersect, "intersect", 1, 1) X(Exclude, "exclude", 1, 1) X(UnionWith, "union", 1, 1) \
    X(Combine, "combine", 1, 1) X(Iif, "iif", 2, 3) X(Sort, "sort", 0, 8) \
    X(Aggregate, "aggregate", 1, 2) X(ToBoolean, "toBoolean", 0, 0) \
    X(ToInteger, "toInteger", 0, 0) X(ToDecimal, "toDecimal", 0, 0) \
    X(ToString, "toString", 0, 0) X(ToDate, "toDate", 0, 0) X(ToDateTime, "toDateTime", 0, 0) \
    X(ToTime, "toTime", 0, 0) X(ToQuantity, "toQuantity", 0, 1) \
    X(ConvertsToBoolean, "convertsToBoolean", 0, 0) \
    X(ConvertsToInteger, "convertsToInteger", 0, 0) \
    X(ConvertsToDecimal, "convertsToDecimal", 0, 0) \
    X(ConvertsToString, "convertsToString", 0, 0) X(ConvertsToDate, "convertsToDate", 0, 0) \
    X(ConvertsToDateTime, "convertsToDateTime", 0, 0) X(ConvertsToTime, "convertsToTime", 0, 0) \
    X(ConvertsToQuantity, "convertsToQuantity", 0, 1) X(IndexOf, "indexOf", 1, 1) \
    X(LastIndexOf, "lastIndexOf", 1, 1) X(Substring, "substring", 1, 2) \
    X(StartsWith, "startsWith", 1, 1) X(EndsWith, "endsWith", 1, 1) \
    X(ContainsText, "contains", 1, 1) X(Upper, "upper", 0, 0) X(Lower, "lower", 0, 0) \
    X(Replace, "replace", 2, 2) X(Matches, "matches", 1, 1) X(MatchesFull, "matchesFull", 1, 1) \
    X(ReplaceMatches, "replaceMatches", 2, 2) X(Length, "length", 0, 0) \
    X(ToChars, "toChars", 0, 0) X(Trim, "trim", 0, 0) X(Split, "split", 1, 1) \
    X(Join, "join", 0, 1) X(Encode, "encode", 1, 1) X(Decode, "decode", 1, 1) \
    X(Escape, "escape", 1, 1) X(Unescape, "unescape", 1, 1) X(Abs, "abs", 0, 0) \
    X(Ceiling, "ceiling", 0, 0) X(Floor, "floor", 0, 0) X(Round, "round", 0, 1) \
    X(Truncate, "truncate", 0, 0) X(Sqrt, "sqrt", 0, 0) X(Exp, "exp", 0, 0) X(Ln, "ln", 0, 0) \
    X(Log, "log", 1, 1) X(Power, "power", 1, 1) X(LowBoundary, "lowBoundary", 0, 1) \
    X(HighBoundary, "highBoundary", 0, 1) X(Precision, "precision", 0, 0) \
    X(Comparable, "comparable", 1, 1) X(Children, "children", 0, 0) \
    X(Descendants, "descendants", 0, 0) X(Trace, "trace", 1, 2) X(Now, "now", 0, 0) \
    X(Today, "today", 0, 0) X(TimeOfDay, "timeOfDay", 0, 0) X(Type, "type", 0, 0) \
    X(Extension, "extension", 1, 1) X(HasValue, "hasValue", 0, 0) X(GetValue, "getValue", 0, 0) \
    X(Resolve, "resolve", 0, 0) X(MemberOf, "memberOf", 1, 1) X(ConformsTo, "conformsTo", 1, 1) \
    X(HtmlChecks, "htmlChecks", 0, 0)
// clang-format on
