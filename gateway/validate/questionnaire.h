#pragma once
#include <map>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "validate/walk.h"

namespace tsunagi::validate {

/// A QuestionnaireResponse against its Questionnaire (hl7.org/fhir/R4/questionnaireresponse.html):
/// places and order of the items, enableWhen, what is required, number and types of the answers,
/// choices, and the limits that extensions of the questions lay down.
class QuestionnaireCheck {
public:
    explicit QuestionnaireCheck(Walk& walk) : walk_(walk) {}

    void response(json::Value response, const Place& place);

private:
    json::Value find(json::Value response) const;
    void index(json::Value parent, std::uint32_t depth);
    void level(json::Value questions, json::Value given, const Place& place, std::uint32_t depth);
    void question(json::Value question, const std::vector<std::pair<json::Value, Place>>& given,
                  const Place& parent, std::uint32_t offset, std::uint32_t depth);
    void answers(json::Value question, json::Value item, const Place& place, std::uint32_t depth);
    void answer(json::Value question, json::Value answer, const Place& place);
    void limits(json::Value question, json::Value value, std::string_view type, const Place& place);
    bool is_choice(json::Value question, json::Value value, std::string_view type) const;
    json::Value contained(std::string_view id) const;
    bool is_enabled(json::Value question) const;
    bool is_met(json::Value condition) const;

    Walk& walk_;
    json::Value response_;
    json::Value questionnaire_;
    bool is_complete_ = false;
    /// All answers of the response by linkId.
    std::multimap<std::string_view, json::Value> answers_;
};

}  // namespace tsunagi::validate
