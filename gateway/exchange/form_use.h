#pragma once
#include "exchange/case_file.h"
#include "json/document.h"

/// One scanned consent form for two patients: forms are known by their digest, among the cases of
/// one clinic. The index holds a digest over clinic and form, so that nobody can tell from it that
/// two clinics have the same form, nor whose it is.
namespace tsunagi::exchange {

/// Whose packet it is. `own` is empty as long as there is no case.
struct Applicant {
    store::OrganisationId clinic;
    store::CaseId own;
};

/// Whether another case of the clinic, of another patient, rests on the form that the packet's
/// consent names. A packet that is handed in at the same moment is not seen.
Result<bool> is_form_of_another(store::Reader& reader, const Applicant& who, json::Value packet);

/// Remembers the packet's form, if it names one, for its case.
Status note_form(store::Transaction& transaction, const Applicant& who, json::Value packet);

}  // namespace tsunagi::exchange
