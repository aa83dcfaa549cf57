import type { Same } from '@common/language/zh.ts';
import type { zh } from './zh.ts';

export const en: Same<typeof zh> = {
  site: {
    name: 'Jindu Services', title: 'Jindu Services: apply online, see every step', skip: 'Skip to the content', menu: 'Menu', loading: 'Loading…', offline: 'You are offline. You can go on; it is saved when the network is back.', unreachable: 'The server cannot be reached; trying again. What you filled in is still here.',
    promise: 'Applications are sealed and signed in your browser. Only the department and you can open them.', owner: 'Jindu Government Service Centre · Hotline 12345', listMark: ', ', colon: ': ',
  },
  nav: { items: 'Services', mine: 'My applications', check: 'Check a document', help: 'Help', login: 'Log in', logout: 'Log out', loggedInAs: 'Logged in as {name}', accessibility: 'Accessibility' },
  audience: { citizen: 'Citizens', company: 'Companies' },
  home: {
    title: 'Services', welcome: 'What would you like to apply for?', lead: 'Administrative licences online. Saved as you go, visible at every step, provable in the end.', search: 'Search services', placeholder: 'Food, roads…', searchButton: 'Search', items: 'Services online', found: '1 service found | {count} services found',
    audience: 'Who applies', for: { all: 'All', citizen: 'Citizens', company: 'Companies' }, promised: '{days} working days', nothing: 'Nothing matches “{query}”. Try another word, or see all services.', noCatalogue: 'No services are published yet. Please come back later.', all: 'See all services',
    how: 'How it works',
    step: {
      1: { title: 'Fill in', text: 'Checked as you type; leave and go on at any time.' }, 2: { title: 'Sealed and signed', text: 'Encrypted in your browser; nobody in between can read it.' },
      3: { title: 'Carried safely', text: 'Across the gap to the isolated network, receipted at every hop.' }, 4: { title: 'Receive the decision', text: 'A signed document with a QR code that anybody can check.' },
    },
  },
  item: {
    title: 'Guide', promised: 'Promised within', statutory: 'By law within', workingDays: '{days} working days', fees: 'Fees', for: 'For', code: 'Item code', apply: 'Apply now', print: 'Print the guide', contents: 'On this page', notForYou: 'You are logged in for: {kind}. This service is not for them.',
    section: { conditions: 'Conditions', materials: 'Materials', process: 'Process', basis: 'Legal basis', place: 'Where and when', faq: 'Questions' },
    conditional: 'In some cases', required: 'Required', optional: 'Optional', fileRule: '{types}, at most {size}, 1 file | {types}, at most {size} each, up to {count} files', stages: 'Time limits of the stages', within: 'within {days} working days', where: 'Where', hours: 'When', contact: 'Questions to',
  },
  login: {
    title: 'Log in', needed: 'This step needs an account. You will come straight back to where you were.', who: 'Who logs in', citizen: 'Citizen', company: 'Company', phone: 'Mobile number', password: 'Password', passwordMissing: 'Enter your password', submit: 'Log in', deriving: 'Verifying…',
    toRegister: 'Register', toRecover: 'Forgot your password?', file: 'Certificate file', fileHint: 'The .p12 or .pfx file from your certificate authority', fileMissing: 'Choose the certificate file', passphrase: 'Passphrase of the certificate', passphraseMissing: 'Enter the passphrase', submitCompany: 'Log in with the certificate', signing: 'Signing…',
    whyCitizen: 'Password and private key are used in your browser only and never sent to the server.', whyCompany: 'File and passphrase are used in your browser only and never uploaded; closing the page forgets them.',
  },
  unlock: { title: 'Please confirm who you are', why: 'Reading and signing sealed content needs your private key. It is kept in memory only, so a reloaded page asks once more.', ended: 'Your session has ended', endedWhy: 'For your safety a session ends after a while without use. Log in to go on where you were; everything you filled in is still here.', cancel: 'Not now' },
  password: {
    new: 'Password', again: 'Password, again', hint: 'At least 10 characters. A few unrelated words make it long and easy to keep.', show: 'Show', hide: 'Hide', showWhole: 'Show: {label}', weak: 'This is too easy to guess; make it longer or use unrelated words', differs: 'The two passwords differ',
    strength: { 0: 'Too weak', 1: 'Fair', 2: 'Good', 3: 'Strong' },
  },
  register: {
    title: 'Register as a citizen', lead: 'Then you can apply at once, without coming in person.', name: 'Name', nameHint: 'As on your identity card; it goes into your certificate', nameMissing: 'Enter your name', submit: 'Register and make my keys', making: 'Making your keys…', keys: 'A key pair is made in your browser and certified by this site’s registration authority. The private key is stored only under your password; the site cannot open it.',
    have: 'Registered already?', toLogin: 'Log in', made: 'Your account and keys are made. One last step: keep the recovery code.',
  },
  recovery: {
    title: 'Keep the recovery code', why: 'If you forget your password, only this code brings back your key and what was sealed to it. It is shown once; the site has no copy.', code: 'Recovery code', save: 'Download', copy: 'Copy', copied: 'Copied', print: 'Print', confirm: 'Type the last 6 characters of the code to show that you have it', kept: 'I have kept it; go on', mismatch: 'These are not the last 6 characters; please compare',
    leave: 'The recovery code is shown only once. Leave anyway?', fileTitle: 'Jindu Services recovery code', fileName: 'jindu-recovery-code', fileHint: 'Keep it safe and tell nobody.',
  },
  recover: {
    title: 'Recover your account', lead: 'Set a new password with the recovery code you kept when registering.', codeHint: '26 letters and digits; case does not matter', open: 'Next', opened: 'The code is right. Set a new password; you will get a new recovery code.', finish: 'Set the new password', done: 'The new password holds. All sessions and the old recovery code have ended.',
    lost: 'Lost the code as well? Only you can open what was sealed to you, so the site cannot help. Please register anew at the service hall.',
  },
  form: {
    optional: '(optional)', choose: 'Choose', yes: 'Yes', no: 'No', nothing: 'Not filled in', row: '{label}, row {number}', rowNumber: 'Row {number}', rowPrefix: '{label}, row {number} · ', rowAdded: 'Row {number} added', rowRemoved: 'Row {number} removed', addFirst: 'Add a row', addAnother: 'Add another row',
    removeRow: 'Remove', removeRowWhole: 'Remove row {number} of {label}', summary: 'One thing to correct | {count} things to correct',
  },
  apply: {
    title: 'Application', progress: 'Steps', step: { form: 'Form', materials: 'Materials', review: 'Review' }, supplementTitle: 'Supplement: ', toGuide: 'Guide', toDeclaration: 'Back to the application', newVersion: 'This service was updated since you last saved. Please check all fields.',
    applicant: 'Applicant', citizen: 'Name', company: 'Company', uscc: 'Unified social credit code', idNumber: 'Resident ID', phone: 'Phone', toMaterials: 'Next: materials', backToForm: 'Back to the form', toReview: 'Next: review', backToMaterials: 'Back to materials', change: 'Change',
    materialsLead: 'Files are encrypted in your browser before they are uploaded, and go on by themselves after a break. You may fill in the rest meanwhile.', reviewForm: 'Form', reviewMaterials: 'Materials', sign: 'Sign and submit',
    signWhat: 'All of the above is signed with your certificate and sealed to {department}. It cannot be changed afterwards.', agree: 'I have checked the above. It is true and complete, and I answer for it by law. I agree to receive documents electronically.', agreeMissing: 'Please confirm this statement', submit: 'Sign and submit', busy: { signing: 'Signing and sealing…', sending: 'Submitting…' },
    leave: 'Something is not saved or uploaded yet. Leave anyway?',
  },
  saving: {
    none: 'What you fill in is sealed and saved by itself', saving: 'Saving…', saved: 'Saved {at}', local: 'No network: kept sealed on this device, and saved when it is back', failed: 'Not saved: {why}', conflict: 'This draft was changed in another window or on another device. Which one do you want?', undecided: 'Nothing is saved until you choose', takeTheirs: 'The other one', keepMine: 'This one',
  },
  upload: {
    choose: 'Choose a file', chooseMore: 'Add another', chooseWhole: 'Choose files for {name}', orDrop: 'or drop it here', waiting: 'waiting', sealing: 'sealing and uploading', offline: 'no network; goes on by itself', paused: 'paused', done: 'sealed and uploaded', earlier: 'submitted before; no need to send it again', needsFile: 'Not complete. Choose the same file again to go on where it stopped.',
    give: 'Choose to go on', giveWhole: 'Choose {name} again to go on', otherFile: 'This is not “{name}” as it was. Choose the original, or remove it and upload anew.', pause: 'Pause', pauseWhole: 'Pause {name}', resume: 'Go on', resumeWhole: 'Go on with {name}', remove: 'Remove', removeWhole: 'Remove {name}', progress: 'Upload of {name}',
    leftSeconds: 'about {seconds} s left', leftMinutes: 'about {minutes} min left', leftHours: 'about {hours} h {minutes} min left',
  },
  submitted: {
    title: 'Submitted', supplement: 'The supplement is submitted', number: 'Declaration number', at: 'Received {at}', receipt: 'Download receipt', copy: 'Copy the number', next: 'What comes next', step1: 'Your dossier is carried into the isolated network, usually within minutes, with a receipt at every hop.',
    step2: 'Within five working days the department says whether it is accepted, or once and completely what is missing.', step3: 'After acceptance it is decided within {days} working days. Progress and documents appear under “My applications”.', follow: 'See the progress',
  },
  mine: {
    title: 'My applications', new: 'New application', drafts: 'Drafts', savedAt: 'Saved {at}', goOn: 'Go on', remove: 'Delete', removeWhole: 'Delete the draft: {name}', removeConfirm: 'Delete the draft of “{name}” and its uploaded files? This cannot be undone.', declarations: 'Submitted', search: 'Search applications', placeholder: 'Number, service or status', filter: 'Show',
    show: { all: 'All', open: 'Under way', attention: 'Needs you', closed: 'Closed' }, found: '1 application | {count} applications', receivedAt: 'submitted {at}', due: 'Promised by {date}', answerDue: 'Answer on acceptance by {date}', unread: '1 new notice | {count} new notices', nothingFound: 'No application fits.', nothing: 'You have not submitted anything yet. Pick a service; starting takes minutes.', begin: 'See services', more: 'Show more',
  },
  declaration: {
    title: 'Application', number: 'Declaration number', acceptanceNumber: 'Acceptance number', progress: 'Progress', station: { submitted: 'Submitted', received: 'Received inside', accepted: 'Accepted', review: 'Review', decided: 'Decided' },
    means: {
      submitted: { title: 'We have your application', text: 'It is on its way to the isolated network. The legal limit runs from acceptance; the time of submission is on your receipt.' },
      in_transit: { title: 'On its way to the isolated network', text: 'It has left the public network and is being carried across. Below you see who has signed for it.' },
      stopped: { title: 'Stopped on its way; the office does not have it yet', text: 'All that you submitted is kept here in full, and the time on your receipt stands. Staff have been told: when the cause is put right they send it again, and this page moves on by itself. You need not do anything, nor submit it again. If it still says so in three working days, call 12345 and give the declaration number.' },
      received: { title: 'The department has it', text: 'Within five working days you hear whether it is accepted.' },
      returned: { title: 'Returned', text: 'It does not meet the rules of the form; the notice below says why. You can correct it and apply again from what you filled in.' },
      supplement_requested: { title: 'Something is missing', text: 'Please add all that the notice below lists. Files you submitted need not be sent again.' },
      accepted: { title: 'Accepted', text: 'The review has begun. See “Deadlines” for when it will be decided.' },
      not_accepted: { title: 'Not accepted', text: 'The notice below gives the reasons.' },
      initial_review: { title: 'In initial review', text: 'An official is examining the form and the materials.' },
      re_review: { title: 'In re-review', text: 'The initial review is done; a second official is looking at it.' },
      determination: { title: 'Awaiting determination', text: 'The reviews are done; the decision comes next.' },
      notification: { title: 'Decided', text: 'The document is being made and delivered.' },
      granted: { title: 'Granted', text: 'The decision is below. Please download and keep it; anybody can check that it is genuine.' },
      refused: { title: 'Refused', text: 'The decision gives the reasons and what you can do.' },
      withdrawn: { title: 'Withdrawn', text: 'This application was withdrawn and is not handled any further.' },
      terminated: { title: 'Terminated', text: 'The procedure has ended.' },
    },
    paperComes: 'The document is on its way from the isolated network and will appear here by itself.', paperLate: 'The document has not arrived yet; it will appear here by itself. If it is not here on the next working day, call 12345 and give the declaration number.',
    supplement: 'Supplement it', again: 'Correct and apply again', notices: 'Notices and documents', steps: 'History', inStage: ' ({stage})', toldByIntranet: 'isolated network', toldByPortal: 'public portal', deadlines: 'Deadlines', promised: 'Promised by', answerBy: 'Answer on acceptance by', left: 'Left', leftDays: '{days} working days', leftAsOf: 'by the update of {at}',
    statutory: 'By law by', provisional: 'The holidays of a year concerned are not published yet; dates are provisional.', noDeadline: 'The limit begins with acceptance.', noDeadlineClosed: 'Closed; no limit is running.', papers: 'Receipts', parts: '1 material | {count} materials', kind: { application: 'application', supplement: 'supplement' }, print: 'Print this page', auto: 'Applications under way are updated by themselves.',
  },
  transit: {
    title: 'Between the two networks', lead: 'The public and the isolated network are physically apart. Each party signs for what it took; nothing shows as done that nobody has signed.', none: 'Nobody has signed for it yet.', side: { public: 'Public', between: 'Crossing', isolated: 'Isolated' },
    rung: { stored: 'Stored at the outer unit', verified: 'Origin and wholeness verified', carried: 'Carried across', delivered: 'Fetched by the approval system', applied: 'Entered there' }, partly: '({done} of {all})', ahead: 'not yet',
    trouble: { held: 'Held until it is released. ', refused: 'Refused and sent back. ', quarantined: 'Set aside; staff will see to it. ', expired: 'Not delivered in time; staff will see to it. ' }, anew: '1 bundle was stopped on its way and has been sent again. | {count} bundles were stopped on their way and have been sent again.', bundle: 'Bundle', enquiry: 'For enquiries', enquiryLead: 'You will hardly need these. If you ask where something is, give staff one of these ids: the crossing knows nothing else, and sees no declaration numbers.', kind: { dossier: 'Dossier', material: 'Material' },
    heldUp: { sending: 'Sending is stopped at the moment. ', building: 'Sending is stopped at the moment. ', aside: 'A part of what you submitted cannot be sent at the moment. ', todo: 'What you submitted is kept safely, your time of receipt stands, and it goes on by itself; you need not submit again. If this is still here on the next working day, call 12345 and give the code below.', since: 'since {at}' },
  },
  notice: {
    kind: { returned: 'Returned', supplement: 'Supplement notice', not_accepted: 'Notice of non-acceptance', accepted: 'Notice of acceptance', decision: 'Decision' },
    text: {
      returned: 'The application does not meet the rules of the form. Please correct the following and apply again.', supplement: 'Please add all of the following at once.', not_accepted: 'The application is not accepted.', accepted: 'Your application is accepted. The promised limit runs from acceptance.', decision: 'The decision is made. Please download it.',
    },
    unread: 'New', number: 'Number', whole: 'The application', download: 'Download', view: 'Open', check: 'Check', documentHint: 'A PDF with an electronic seal',
  },
  content: { title: 'What you submitted', lead: 'It is stored sealed, and opened in your browser.', show: 'Show the {kind}', hide: 'Hide' },
  check: {
    title: 'Check a document', lead: 'See whether a decision was issued by an authority of this city, and whether it is valid.', byCode: 'By its code', code: 'Check code', codeHint: '26 characters beside the QR code', codeWrong: 'A check code has 26 characters; this has {count}', ask: 'Check', byFile: 'By the file', chooseFile: 'Choose a PDF', fileHint: 'Its digest is computed in the browser; the file is not uploaded', asking: 'Checking…',
    unknownFile: 'This file is not an original of this city', unknownCode: 'This code is not known', unknownHint: 'It may be forged, altered, or mistyped. When in doubt, call 12345.',
    state: {
      valid: { title: 'Valid', text: 'Issued by the authority below, and valid today.' }, expired: { title: 'Expired', text: 'Genuine, but its term is over.' }, revoked: { title: 'Revoked', text: 'Genuine, but it was revoked.' }, replaced: { title: 'Replaced', text: 'Genuine, but a newer document replaces it.' },
    },
    number: 'Number', item: 'Service', kind: 'Kind', kinds: { grant: 'Decision granting a licence', refusal: 'Decision refusing a licence' }, department: 'Issued by', issued: 'Issued', until: 'Valid until', digest: 'Digest of the file (SHA-256)', fileSame: '“{name}” is the original, byte by byte.', compare: 'To see whether your PDF is this very original, choose it below.',
  },
  help: {
    title: 'Help', lead: 'Common questions, and how this site protects your application.',
    topic: {
      start: { question: 'How do I apply?', answer: 'Find the service, read its guide and choose “Apply now”. Fill in the form, add the materials, review, sign and submit; you get a number and a receipt.' },
      account: { question: 'I forgot my password.', answer: 'Set a new one with the recovery code you kept when registering; what was sealed to you still opens. Without the code the site cannot help; please register anew at the service hall.' },
      company: { question: 'How does a company log in?', answer: 'With the certificate file (.p12 or .pfx) of a certificate authority and its passphrase. It must hold the unified social credit code. Both are used in the browser only.' },
      fill: { question: 'Do I lose anything when I leave half-way?', answer: 'No. Every change is sealed and saved; go on from the drafts under “My applications”. Without a network it is kept on this device and saved later.' },
      files: { question: 'A large upload broke off.', answer: 'It goes on by itself when the network is back. If the page was closed, choose the same file again. A file has at most 2 GB, or what the service allows.' },
      track: { question: 'How do I know where it is?', answer: 'Open it under “My applications”: times of every stage, deadlines, notices, and each receipt on the way between the networks.' },
      documents: { question: 'How is a decision proved genuine?', answer: 'It is a PDF with an electronic seal. Scan its QR code or choose the file under “Check a document”; common tools verify it offline as well.' },
      privacy: { question: 'Who can read what I fill in?', answer: 'The department and you. It is sealed and signed in your browser; this site and the exchange hold ciphertext and know the service, the times and the status.' },
    },
    verify: { title: 'Verify it yourself', text: 'Receipts and decisions can be verified offline, without this site:', anchors: 'root.pem is the root certificate of the authority that certifies the city’s departments, issuing.pem the certificate it issues with. Get them from that authority or at the service centre, not from where you cannot tell who made them. A decision holds the issuing certificate, a receipt does not, so it is given beside it.' },
    accessibility: { title: 'Accessibility', text: 'This site is made to WCAG 2.2 AA: by keyboard alone, with screen readers, at 400 % zoom and with reduced motion. If something stands in your way, call 12345; we will mend it and help you otherwise.' },
  },
  missing: { title: 'There is no such page', text: 'The address may be wrong, or the page has moved.', home: 'To the start' },
  problem: { reference: 'For reference: ', retry: 'Try again', limited: 'Too many attempts. Try again in {seconds} seconds.', unknown: 'That did not work. ({detail})' },
  findings: {
    material: { required: 'Upload this material', unfinished: 'Not uploaded to its end', empty: 'The file is empty', type: 'This type of file is not allowed', size: 'The file is larger than allowed', count: 'At most {limit} files', total: 'At most {limit} files in all' },
  },
};
