//! Commands that change what a session was made with: another model, another budget.

use crate::domain::approval::Principal;
use crate::domain::event::Body;
use crate::session::command::BudgetChange;
use crate::session::error::SessionError;

use super::{Actor, Patience};

impl Actor {
    /// The model of the next turns. An open turn goes on with the one that it began with.
    pub(super) async fn choose_model(&mut self, model: String, who: Principal) -> Result<(), SessionError> {
        if let Err(error) = self.services.models.check(&model).await {
            return Err(SessionError::Model { message: error.message(), hint: error.hint() });
        }
        if model == self.state.options.model {
            return Ok(());
        }
        self.journal(0, vec![Body::SessionModel { model, who }], Patience::None).await
    }

    /// What the session may use from now on, with what it has used already. It holds for an open turn too.
    pub(super) async fn set_budget(&mut self, change: BudgetChange, who: Principal) -> Result<(), SessionError> {
        let now = &self.state.options;
        let tokens = change.tokens.unwrap_or(now.budget_tokens);
        let cost_micros = change.cost_micros.unwrap_or(now.budget_cost_micros);
        if (tokens, cost_micros) == (now.budget_tokens, now.budget_cost_micros) {
            return Ok(());
        }
        self.journal(0, vec![Body::SessionBudget { tokens, cost_micros, who }], Patience::None).await
    }
}
