#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "json/builder.h"
#include "json/document.h"

/// The cells of a form by name, and a packet filled cell by cell. Inner part of intake.h.
namespace tsunagi::translate {

/// One leaf cell of a model.
struct FormCell {
    std::vector<const fhir::Member*> steps;  ///< from below the model's root
    std::string path;                        ///< "bedRequest.purposes.code"
    std::string label;                       ///< "入院申込書/入院目的/目的"
    /// The list the cell lies in, as a position in `steps`: the first that repeats; -1: none.
    int list = -1;
    const fhir::ElementDef& element() const { return *steps.back()->element; }
};

/// All leaf cells of a model, found by the names people write over columns.
class FormCells {
public:
    FormCells(const fhir::Definitions& definitions, const fhir::TypeDef& model);

    std::span<const FormCell> cells() const noexcept { return cells_; }
    const FormCell* by_path(std::string_view path) const;

    /// What a name over a column may mean.
    struct Named {
        std::vector<const FormCell*> cells;
        std::size_t item = 0;   ///< "病名2", "diagnoses[1].text": 1
        bool is_group = false;  ///< the name of a group: its first cell is meant
        /// Of a group with a statement (なし, 不明, 未記入): that cell, one per entry of `cells`.
        std::vector<const FormCell*> statements;
    };
    Named find(std::string_view name) const;

private:
    void walk(const fhir::TypeDef& type, FormCell& at);
    const FormCell* statement_of(const FormCell& item) const;
    Named find_exactly(std::span<const std::string> words) const;

    std::vector<FormCell> cells_;
    std::vector<std::vector<std::string>> labels_, names_;  ///< match keys, per cell
};

/// A text a person wrote as the JSON value of a cell: codes by code or words, はい and いいえ,
/// numbers of any width, times. The text as it is where the model takes a text.
class CellValues {
public:
    CellValues(const fhir::Definitions& definitions, std::chrono::minutes zone)
        : definitions_(definitions), zone_(zone) {}
    /// Sets member "v" of `box`; empty: done, else why not, as an issue code.
    std::string_view write(json::Builder& builder, json::Node* box, const fhir::ElementDef& element,
                           std::string_view text) const;
    /// The code of a bound cell for `text`, or empty.
    std::string code_of(const fhir::ElementDef& element, std::string_view text) const;

private:
    const fhir::Definitions& definitions_;
    std::chrono::minutes zone_;
};

/// Puts values into a packet: groups and lists are made as needed.
class FormFiller {
public:
    FormFiller(const fhir::TypeDef& model, const CellValues& values);

    /// `items`: the index in each list on the way, outermost first; missing ones are 0. Empty:
    /// done, else an issue code: "cell-filled-twice", or why the text is no value.
    std::string_view put(const FormCell& cell, std::span<const std::size_t> items,
                         std::string_view text);
    json::Document take() { return std::move(document_); }

private:
    const CellValues& values_;
    json::Document document_;
    json::Builder builder_;
};

/// What to write instead, by issue code and kind of cell: {Japanese, English}.
std::pair<std::string, std::string> advice_for(std::string_view code,
                                               const fhir::ElementDef& element);

}  // namespace tsunagi::translate
