"""Under /admin/conversations/."""

from django.urls import path

from community.views import (
    answering,
    cases,
    conversation,
    inbox,
    manners,
    objections,
    ours,
    people,
    questions,
    repairs,
    replies,
    settings,
    waves,
)

app_name = "community"
urlpatterns = [
    path("", inbox.Inbox.as_view(), name="inbox"),
    path("views/", inbox.Views.as_view(), name="views"),
    path("replies/", replies.SavedReplies.as_view(), name="replies"),
    path("rules/", settings.RulesPage.as_view(), name="rules"),
    path("hours/", settings.HoursPage.as_view(), name="hours"),
    path("questions/", questions.Questions.as_view(), name="questions"),
    path("questions/log/", questions.AutomaticLog.as_view(), name="automatic"),
    path("waves/<int:pk>/", waves.Wave.as_view(), name="wave"),
    path("rumours/", cases.Cases.as_view(), name="cases"),
    path("rumours/new/", cases.NewCase.as_view(), name="new_case"),
    path("rumours/<int:pk>/", cases.CasePage.as_view(), name="case"),
    path("facts/<int:pk>/", cases.FactPage.as_view(), name="fact"),
    path("<int:pk>/writing/", answering.Writing.as_view(), name="writing"),
    path("<int:pk>/rumour/", cases.OfConversation.as_view(), name="link_case"),
    path("settings/", manners.Manners.as_view(), name="manners"),
    path("objections/", objections.Objections.as_view(), name="objections"),
    path("people/", people.People.as_view(), name="people"),
    path("people/<int:pk>/", people.Person.as_view(), name="person"),
    path("second/", answering.Decide.as_view(), name="decide"),
    path("moderate/<int:pk>/", answering.Moderate.as_view(), name="moderate"),
    path("ours/<int:pk>/", ours.OurAnswer.as_view(), name="ours"),
    path("answers/<int:pk>/", repairs.Repaired.as_view(), name="repair"),
    path("<int:pk>/answer/", answering.Reply.as_view(), name="reply"),
    path("<int:pk>/", conversation.ConversationPage.as_view(), name="conversation"),
    path("<int:pk>/person/", people.OfPerson.as_view(), name="of_person"),
    path("<int:pk>/change/", conversation.Change.as_view(), name="change"),
]
