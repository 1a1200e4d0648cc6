-- Which cases of one clinic rest on the same scanned consent form: `form` is a SHA-256 over the
-- clinic and the form's own SHA-256. A case's rows go with its purge.
CREATE TABLE consent_form (
    form BLOB NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id),
    PRIMARY KEY (form, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_form_case ON consent_form (case_id);
