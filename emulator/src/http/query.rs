//! Query parameters of a request.

use axum::http::Uri;

use super::ErrorResponse;

/// Query parameters, each taken once.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// # Errors
    /// If a parameter stands twice.
    pub(crate) fn of(uri: &Uri) -> Result<Self, ErrorResponse> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned() {
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(ErrorResponse::bad_request(format!("{name}: is given more than once in the query")));
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// Takes a parameter out.
    ///
    /// # Errors
    /// If it cannot be read as what it should be.
    pub(crate) fn take<T: std::str::FromStr>(&mut self, name: &str, what: &str) -> Result<Option<T>, ErrorResponse> {
        let Some(place) = self.0.iter().position(|(known, _)| known == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(place);
        let wrong = |_| ErrorResponse::bad_request(format!("{name}: must be {what}, is '{value}'"));
        value.parse().map(Some).map_err(wrong)
    }

    /// # Errors
    /// If a parameter is left that was not read.
    pub(crate) fn end(&self) -> Result<(), ErrorResponse> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                Err(ErrorResponse::bad_request(format!("{name}: is not a query parameter of this endpoint")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_once_and_to_the_letter() {
        assert!(Query::of(&"/?a=1&a=2".parse().unwrap()).is_err());
        let mut query = Query::of(&"/?a=1&b=x".parse().unwrap()).unwrap();
        assert_eq!(query.take::<i32>("a", "").unwrap(), Some(1));
        assert!(query.end().is_err());
        assert!(query.take::<i32>("b", "").is_err());
        assert!(query.end().is_ok());
    }
}
